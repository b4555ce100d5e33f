using CsCheck;
using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Security.PrivateNetwork;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Identity.Primitives;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Security.PrivateNetwork;

[TestClass]
public sealed class PrivateNetworkConnectionTests
{
    private readonly PrivateNetworkKey _key = PrivateNetworkKey.Generate();
    private readonly BufferPool _pool = new();

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public void Makes_the_published_keystream()
    {
        // NaCl, "Cryptography in NaCl", section 10: first key and nonce of the stream cipher's example.
        using var key = PrivateNetworkKey.FromBytes(Convert.FromHexString("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"));
        var stream = new XSalsa20Stream(key, Convert.FromHexString("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"));
        var output = new byte[32];
        stream.Apply(new byte[32], output);
        Assert.AreEqual("eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880", Convert.ToHexStringLower(output));
    }

    [TestMethod]
    public void The_keystream_is_continuous_over_chunks_of_any_size()
    {
        var nonce = new byte[XSalsa20.NonceBytes];
        var whole = new byte[4000];
        XSalsa20.Xor(_key.Bytes, nonce, 0, whole, whole);
        Gen.Int[0, 200].List[1, 60].Sample(sizes =>
        {
            var stream = new XSalsa20Stream(_key, nonce);
            var position = 0;
            var output = new byte[4000];
            foreach (var size in sizes.Select(s => Math.Min(s, 4000 - position)))
            {
                stream.Apply(output.AsSpan(position, size), output.AsSpan(position, size));
                position += size;
            }

            return output.AsSpan(0, position).SequenceEqual(whole.AsSpan(0, position));
        });
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(23)]
    [DataRow(25)]
    [DataRow(int.MaxValue)]
    public async Task Carries_bytes_both_ways_in_pieces_of_any_size(int maxReceiveBytes)
    {
        var (rawA, rawB) = InMemoryRawPair.Create();
        rawA.MaxReceiveBytes = rawB.MaxReceiveBytes = maxReceiveBytes;
        var a = await Protector().ProtectAsync(rawA, Token);
        var b = await Protector().ProtectAsync(rawB, Token);
        var random = new Random(5);
        var message = new byte[300_000];
        random.NextBytes(message);
        var sent = message.ToArray();
        await Task.WhenAll(SendAsync(a, sent, random), ExpectAsync(b, message), SendAsync(b, sent, new Random(6)), ExpectAsync(a, message));
        CollectionAssert.AreEqual(message, sent, "A sender's buffer is not to be changed.");
        await a.ShutdownAsync(Token);
        Assert.AreEqual(0, await b.ReceiveAsync(new byte[10], Token));
        await a.DisposeAsync();
        await b.DisposeAsync();
        Assert.AreEqual(0, _pool.Rented);
    }

    [TestMethod]
    public async Task Does_not_wait_for_the_peers_nonce_before_it_sends()
    {
        var (rawA, rawB) = InMemoryRawPair.Create();
        var a = await Protector().ProtectAsync(rawA, Token);
        await a.SendAsync(new byte[10], Token);
        Assert.AreEqual(XSalsa20.NonceBytes + 10, rawA.BytesSent);
        Assert.AreEqual(0, rawB.BytesSent);
    }

    [TestMethod]
    public async Task An_empty_receive_waits_without_memory_for_bytes_behind_the_nonce()
    {
        var (rawA, rawB) = InMemoryRawPair.Create();
        var a = await Protector().ProtectAsync(rawA, Token);
        var b = await Protector().ProtectAsync(rawB, Token);
        var waiting = a.ReceiveAsync(Memory<byte>.Empty, Token).AsTask();
        Assert.IsFalse(waiting.IsCompleted);
        Assert.AreEqual(0, rawA.WaitingReceiveBytes);
        await b.SendAsync(new byte[1], Token);
        Assert.AreEqual(0, await waiting);
        Assert.AreEqual(1, await a.ReceiveAsync(new byte[8], Token));
    }

    [TestMethod]
    public async Task Half_a_nonce_is_no_end_but_none_is()
    {
        for (var length = 0; length < XSalsa20.NonceBytes; length++)
        {
            var (rawA, rawB) = InMemoryRawPair.Create();
            var a = await Protector().ProtectAsync(rawA, Token);
            await rawB.SendAsync(new byte[length], Token);
            await rawB.ShutdownAsync(Token);
            if (length == 0)
                Assert.AreEqual(0, await a.ReceiveAsync(new byte[10], Token));
            else
                await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await a.ReceiveAsync(new byte[10], Token));
        }
    }

    [TestMethod]
    public async Task Another_key_and_plain_text_are_garbage()
    {
        var (rawA, rawB) = InMemoryRawPair.Create();
        using var other = PrivateNetworkKey.Generate();
        var a = await Protector().ProtectAsync(rawA, Token);
        var b = await new PrivateNetworkProtector(other, _pool).ProtectAsync(rawB, Token);
        var hello = "\u0013/multistream/1.0.0\n"u8.ToArray();
        await b.SendAsync(hello, Token);
        var received = new byte[hello.Length];
        Assert.AreEqual(hello.Length, await a.ReceiveAsync(received, Token));
        CollectionAssert.AreNotEqual(hello, received);
    }

    [TestMethod]
    public async Task Noise_runs_inside_a_private_network_and_not_across_two()
    {
        using var other = PrivateNetworkKey.Generate();
        foreach (var same in (bool[])[true, false])
        {
            var (rawA, rawB) = InMemoryRawPair.Create();
            var a = await Protector().ProtectAsync(rawA, Token);
            var b = await new PrivateNetworkProtector(same ? _key : other, _pool).ProtectAsync(rawB, Token);
            using var identity = PrivateKey.Generate();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var dialing = new NoiseProtocol(identity, pool: _pool).SecureAsync(a, new SecurityContext { IsInitiator = true }, stop.Token).AsTask();
            var accepting = new NoiseProtocol(identity, pool: _pool).SecureAsync(b, new SecurityContext { IsInitiator = false }, stop.Token).AsTask();
            if (same)
            {
                await using var first = await dialing;
                await using var second = await accepting;
                Assert.AreEqual(identity.PublicKey, first.RemoteKey);
            }
            else
            {
                await Assert.ThrowsExactlyAsync<HandshakeException>(() => accepting);
                await Assert.ThrowsExactlyAsync<HandshakeException>(() => dialing);
            }
        }

        Assert.AreEqual(0, _pool.Rented);
    }

    private PrivateNetworkProtector Protector() => new(_key, _pool);

    private async Task SendAsync(RawConnection connection, byte[] message, Random random)
    {
        for (var position = 0; position < message.Length;)
        {
            var count = Math.Min(random.Next(1, 200_000), message.Length - position);
            await connection.SendAsync(message.AsMemory(position, count), Token);
            position += count;
        }
    }

    private async Task ExpectAsync(RawConnection connection, byte[] message)
    {
        var buffer = new byte[50_000];
        for (var position = 0; position < message.Length;)
        {
            var count = await connection.ReceiveAsync(buffer, Token);
            Assert.IsGreaterThan(0, count);
            Assert.IsTrue(message.AsSpan(position, count).SequenceEqual(buffer.AsSpan(0, count)));
            position += count;
        }
    }
}
