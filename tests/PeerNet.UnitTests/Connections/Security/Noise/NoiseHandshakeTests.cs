using System.Security.Cryptography;
using System.Text.Json;
using PeerNet.Connections.Security.Noise;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Connections.Security.Noise;

[TestClass]
public sealed class NoiseHandshakeTests
{
    private readonly BufferPool _pool = new();

    [TestMethod]
    public void Replays_every_recorded_handshake_byte_for_byte_in_both_roles()
    {
        foreach (var vector in NoiseVectors.Handshakes)
        {
            using var initiator = Start(vector, "initiator");
            using var responder = Start(vector, "responder");
            var buffer = new byte[8192];

            var length = initiator.CreateMessage1(buffer);
            Same(vector, "message1", buffer.AsSpan(0, length));
            Assert.IsTrue(responder.TryConsumeMessage1(buffer.AsSpan(0, length)));

            Assert.IsTrue(responder.TryCreateMessage2(vector.Bytes("responderPayload"), buffer, out length));
            Same(vector, "message2", buffer.AsSpan(0, length));
            Assert.IsTrue(initiator.TryConsumeMessage2(buffer.AsSpan(0, length), out var payload));
            CollectionAssert.AreEqual(vector.Bytes("responderPayload"), payload.ToArray(), vector.Name());
            CollectionAssert.AreEqual(vector.GetProperty("responderStatic").Bytes("public"), initiator.RemoteStatic.ToArray());

            Assert.IsTrue(initiator.TryCreateMessage3(vector.Bytes("initiatorPayload"), buffer, out length));
            Same(vector, "message3", buffer.AsSpan(0, length));
            Assert.IsTrue(responder.TryConsumeMessage3(buffer.AsSpan(0, length), out payload));
            CollectionAssert.AreEqual(vector.Bytes("initiatorPayload"), payload.ToArray(), vector.Name());

            CollectionAssert.AreEqual(vector.Bytes("handshakeHash"), initiator.HandshakeHash.ToArray());
            CollectionAssert.AreEqual(vector.Bytes("handshakeHash"), responder.HandshakeHash.ToArray());
            var keys = new byte[4][];
            for (var i = 0; i < keys.Length; i++)
                keys[i] = new byte[32];
            initiator.Split(keys[0], keys[1]);
            responder.Split(keys[2], keys[3]);
            CollectionAssert.AreEqual(vector.Bytes("k1"), keys[0]);
            CollectionAssert.AreEqual(vector.Bytes("k2"), keys[1]);
            CollectionAssert.AreEqual(keys[0], keys[3]);
            CollectionAssert.AreEqual(keys[1], keys[2]);
        }
    }

    [TestMethod]
    public void Seals_and_opens_every_recorded_frame()
    {
        foreach (var vector in NoiseVectors.Handshakes)
        {
            foreach (var platform in (bool[])[true, false])
            {
                var ciphers = new Dictionary<string, (NoiseCipher Seal, NoiseCipher Open)>
                {
                    ["initiator to responder"] = (Cipher(vector.Bytes("k1"), platform), Cipher(vector.Bytes("k1"), platform)),
                    ["responder to initiator"] = (Cipher(vector.Bytes("k2"), platform), Cipher(vector.Bytes("k2"), platform)),
                };
                foreach (var recorded in vector.GetProperty("frames").EnumerateArray())
                {
                    var (seal, open) = ciphers[recorded.GetProperty("direction").GetString()!];
                    var plaintext = Pattern(recorded.GetProperty("length").GetInt32(), recorded.GetProperty("patternSalt").GetInt32());
                    var frame = new byte[2 + plaintext.Length + 16];
                    frame[0] = (byte)((plaintext.Length + 16) >> 8);
                    frame[1] = (byte)(plaintext.Length + 16);
                    plaintext.CopyTo(frame, 2);
                    seal.Seal(frame.AsSpan(2, plaintext.Length), frame.AsSpan(2 + plaintext.Length));
                    Assert.AreEqual(recorded.GetProperty("frameSha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(frame)));
                    Assert.IsTrue(open.TryOpen(frame.AsSpan(2, plaintext.Length), frame.AsSpan(2 + plaintext.Length)));
                    CollectionAssert.AreEqual(plaintext, frame[2..^16]);
                }
            }
        }
    }

    [TestMethod]
    public void Writes_the_payloads_that_go_and_js_write()
    {
        var compared = 0;
        foreach (var vector in NoiseVectors.Handshakes)
        {
            foreach (var role in (string[])["initiator", "responder"])
            {
                var key = vector.StaticKey(role);
                var hasOwnExtensions = vector.Name().Contains("extension", StringComparison.Ordinal) && !vector.Name().StartsWith("ed25519, no", StringComparison.Ordinal);
                if (key.IdentityKey.Type is KeyType.Ecdsa or KeyType.Secp256k1 || hasOwnExtensions || vector.Name().StartsWith("webtransport", StringComparison.Ordinal))
                    continue;
                ProtocolId[] muxers = [.. vector.Names(role + "Muxers").Select(ProtocolId.FromString)];
                var payload = new byte[NoisePayload.EncodedLength(key.IdentityKey.Encoded.Length, key.Signature.Length, muxers)];
                NoisePayload.Encode(key.IdentityKey.Encoded.Span, key.Signature, muxers, payload);
                CollectionAssert.AreEqual(vector.Bytes(role + "Payload"), payload, vector.Name() + " " + role);
                compared++;
            }
        }

        Assert.IsGreaterThan(12, compared);
    }

    [TestMethod]
    public void Reads_every_recorded_payload_whole_and_cut_at_each_byte()
    {
        foreach (var vector in NoiseVectors.Handshakes)
        {
            foreach (var role in (string[])["initiator", "responder"])
            {
                var bytes = vector.Bytes(role + "Payload");
                Assert.IsTrue(NoisePayload.TryDecode(bytes, out var payload));
                CollectionAssert.AreEqual(vector.Names(role + "Muxers"), payload.Muxers.Select(m => m.Value).ToList(), vector.Name());
                Assert.IsTrue(PublicKey.TryDecode(payload.IdentityKey, out var key, out _));
                Assert.AreEqual(vector.GetProperty(role + "Identity").GetProperty("peerId").GetString(), key.PeerId.ToString());
                Assert.IsTrue(NoiseStaticKey.Verify(key, vector.GetProperty(role + "Static").Bytes("public"), payload.IdentitySignature));
                var whole = 0;
                for (var length = 0; length < bytes.Length; length++)
                {
                    if (NoisePayload.TryDecode(bytes.AsSpan(0, length), out var part) && part.IdentitySignature.Length > 0 && part.Muxers.Count == payload.Muxers.Count)
                        whole++;
                }

                // Cut behind a complete field a payload is one still; with muxers the signature's end is not the end.
                Assert.IsLessThanOrEqualTo(1, whole, vector.Name());
            }
        }
    }

    [TestMethod]
    public void Every_altered_or_cut_byte_of_a_message_is_noticed()
    {
        var vector = NoiseVectors.Handshakes.First();
        var message2 = vector.Message("message2");
        var message3 = vector.Message("message3");
        for (var i = 0; i <= message2.Length; i++)
        {
            using var initiator = AfterMessage1(vector);
            Assert.IsFalse(initiator.TryConsumeMessage2(i == message2.Length ? message2[..^1] : Flip(message2, i), out _), $"byte {i}");
            Assert.ThrowsExactly<InvalidOperationException>(() => initiator.TryCreateMessage3([], new byte[128], out _));
        }

        for (var i = 0; i <= message3.Length; i++)
        {
            using var responder = AfterMessage2(vector);
            Assert.IsFalse(responder.TryConsumeMessage3(i == message3.Length ? message3[..^1] : Flip(message3, i), out _), $"byte {i}");
        }

        for (var length = 0; length < message2.Length; length++)
        {
            using var initiator = AfterMessage1(vector);
            Assert.IsFalse(initiator.TryConsumeMessage2(message2.AsSpan(0, length).ToArray(), out _));
        }
    }

    [TestMethod]
    public void Another_prologue_is_noticed()
    {
        var vector = NoiseVectors.Handshakes.First();
        using var initiator = Start(vector, "initiator");
        using var responder = new NoiseHandshake(isInitiator: false, vector.StaticKey("responder"), _pool, "other"u8);
        var buffer = new byte[1024];
        var length = initiator.CreateMessage1(buffer);
        Assert.IsTrue(responder.TryConsumeMessage1(buffer.AsSpan(0, length)));
        Assert.IsTrue(responder.TryCreateMessage2([], buffer, out length));
        Assert.IsFalse(initiator.TryConsumeMessage2(buffer.AsSpan(0, length), out _));
    }

    [TestMethod]
    public void Verbs_out_of_turn_are_the_callers_fault()
    {
        var vector = NoiseVectors.Handshakes.First();
        using var initiator = Start(vector, "initiator");
        Assert.ThrowsExactly<InvalidOperationException>(() => initiator.Split(new byte[32], new byte[32]));
        Assert.ThrowsExactly<InvalidOperationException>(() => initiator.TryConsumeMessage1(new byte[32]));
        _ = initiator.CreateMessage1(new byte[64]);
        Assert.ThrowsExactly<InvalidOperationException>(() => initiator.CreateMessage1(new byte[64]));
        initiator.Dispose();
        Assert.ThrowsExactly<InvalidOperationException>(() => initiator.TryConsumeMessage2(new byte[200], out _));
    }

    [TestMethod]
    public void Returns_its_memory_wiped()
    {
        var vector = NoiseVectors.Handshakes.First();
        var handshake = AfterMessage2(vector);
        Assert.AreEqual(1, _pool.Rented);
        handshake.Dispose();
        handshake.Dispose();
        Assert.AreEqual(0, _pool.Rented);
        var block = _pool.RentSmall();
        Assert.IsFalse(block.Array.AsSpan(0, NoiseHandshake.UsedBytes).ContainsAnyExcept((byte)0));
    }

    [TestMethod]
    public void A_cipher_stops_before_its_last_counter_value()
    {
        foreach (var platform in (bool[])[true, false])
        {
            using var cipher = Cipher(new byte[32], platform);
            cipher.SkipTo(ulong.MaxValue - 1);
            Assert.IsFalse(cipher.IsExhausted);
            cipher.Seal(new byte[8], new byte[16]);
            Assert.IsTrue(cipher.IsExhausted);
            Assert.IsFalse(cipher.TryOpen(new byte[8], new byte[16]));
            Assert.ThrowsExactly<InvalidOperationException>(() => cipher.Seal(new byte[8], new byte[16]));
        }
    }

    internal static byte[] Pattern(int length, int salt)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)(((7L * i) + salt) % 251);
        return bytes;
    }

    private static NoiseCipher Cipher(byte[] key, bool platform) => platform ? new PlatformNoiseCipher(key) : new SodiumNoiseCipher(key);

    private static byte[] Flip(byte[] message, int index)
    {
        var flipped = message.ToArray();
        flipped[index] ^= 1;
        return flipped;
    }

    private static void Same(JsonElement vector, string message, ReadOnlySpan<byte> bytes)
        => Assert.AreEqual(Convert.ToHexString(vector.Message(message)), Convert.ToHexString(bytes), vector.Name() + " " + message);

    private NoiseHandshake Start(JsonElement vector, string role)
        => new(role == "initiator", vector.StaticKey(role), _pool, vector.Bytes("prologue"), vector.Secret(role + "Ephemeral"));

    private NoiseHandshake AfterMessage1(JsonElement vector)
    {
        var initiator = Start(vector, "initiator");
        initiator.CreateMessage1(new byte[64]);
        return initiator;
    }

    private NoiseHandshake AfterMessage2(JsonElement vector)
    {
        var responder = Start(vector, "responder");
        Assert.IsTrue(responder.TryConsumeMessage1(vector.Message("message1")));
        Assert.IsTrue(responder.TryCreateMessage2(vector.Bytes("responderPayload"), new byte[1024], out _));
        return responder;
    }
}
