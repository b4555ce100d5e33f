using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using CsCheck;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class KeyTests
{
    private static readonly byte[] Message = "message"u8.ToArray();

    public static IEnumerable<object[]> Types => Enum.GetValues<KeyType>().Select(type => new object[] { type });

    [TestMethod]
    [DynamicData(nameof(Types))]
    public void A_generated_key_signs_verifies_and_survives_encoding(KeyType type)
    {
        using var key = PrivateKey.Generate(type);
        Assert.AreEqual(type, key.Type);
        Assert.AreEqual(type, key.PublicKey.Type);
        Assert.AreEqual(key.PeerId, key.PublicKey.PeerId);
        using var copy = PrivateKey.Decode(key.Encode());
        Assert.AreEqual(key.PublicKey, copy.PublicKey);
        Assert.IsTrue(key.PublicKey.Verify(Message, copy.Sign(Message)));
        Assert.IsFalse(key.PublicKey.Verify([], copy.Sign(Message)));
        using var other = PrivateKey.Generate(type);
        Assert.AreNotEqual(key.PublicKey, other.PublicKey);
        Assert.AreNotEqual(key.PeerId, other.PeerId);
        Assert.IsFalse(other.PublicKey.Verify(Message, key.Sign(Message)));
    }

    [TestMethod]
    [DynamicData(nameof(Types))]
    public void Refuses_keys_cut_at_any_byte(KeyType type)
    {
        using var key = PrivateKey.Generate(type);
        var encoded = key.PublicKey.Encoded.ToArray();
        for (var length = 0; length < encoded.Length; length++)
            Assert.IsFalse(PublicKey.TryDecode(encoded.AsSpan(0, length), out _, out _), $"{length} bytes of the public key");
        encoded = key.Encode();
        for (var length = 0; length < encoded.Length; length++)
            Assert.IsFalse(PrivateKey.TryDecode(encoded.AsSpan(0, length), out _, out _), $"{length} bytes of the private key");
    }

    [TestMethod]
    [DynamicData(nameof(Types))]
    public void Refuses_signatures_cut_at_any_byte_or_with_a_byte_added(KeyType type)
    {
        using var key = PrivateKey.Generate(type);
        var signature = key.Sign(Message);
        for (var length = 0; length < signature.Length; length++)
            Assert.IsFalse(key.PublicKey.Verify(Message, signature.AsSpan(0, length)), $"{length} bytes");
        Assert.IsFalse(key.PublicKey.Verify(Message, [.. signature, 0]));
        Assert.IsFalse(key.PublicKey.Verify(Message, [0, .. signature]));
    }

    [TestMethod]
    [DynamicData(nameof(Types))]
    public void Several_threads_share_a_key(KeyType type)
    {
        using var key = PrivateKey.Generate(type);
        Parallel.For(0, 64, i =>
        {
            byte[] message = [(byte)i];
            var signature = key.Sign(message);
            Assert.IsTrue(key.PublicKey.Verify(message, signature));
            Assert.IsFalse(key.PublicKey.Verify([(byte)(i + 1)], signature));
        });
    }

    [TestMethod]
    [DynamicData(nameof(Types))]
    public void A_disposed_key_neither_signs_nor_exports(KeyType type)
    {
        var key = PrivateKey.Generate(type);
        var signature = key.Sign(Message);
        key.Dispose();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign(Message));
        Assert.Throws<ObjectDisposedException>(key.Encode);
        Assert.IsTrue(key.PublicKey.Verify(Message, signature), "the public half stays");
    }

    [TestMethod]
    public void Arbitrary_bytes_never_throw()
    {
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            _ = PublicKey.TryDecode(bytes, out _, out _);
            _ = PrivateKey.TryDecode(bytes, out _, out _);
        });
        // Behind a valid envelope, so that every key kind's own reader sees them.
        Gen.Int[0, 3].Select(Gen.Byte.Array[0, 120]).Sample((type, data) =>
        {
            byte[] message = [0x08, (byte)type, 0x12, (byte)data.Length, .. data];
            _ = PublicKey.TryDecode(message, out _, out _);
            _ = PrivateKey.TryDecode(message, out _, out _);
        });
    }

    [TestMethod]
    [DynamicData(nameof(Types))]
    public void Arbitrary_signatures_are_false(KeyType type)
    {
        using var key = PrivateKey.Generate(type);
        Gen.Byte.Array[0, 300].Sample(signature => !key.PublicKey.Verify(Message, signature));
    }

    [TestMethod]
    public void A_seed_makes_the_key_that_every_stack_makes_of_it()
    {
        using var key = PrivateKey.FromEd25519Seed(Convert.FromHexString("9befde76ec5a6e58e78daa75dbd873f4505c10069d9d6242aab176f0cdbf3152"));
        Assert.AreEqual("12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC", key.PeerId.ToString());
        Assert.Throws<ArgumentException>(() => PrivateKey.FromEd25519Seed(new byte[31]));
        Assert.Throws<ArgumentException>(() => PrivateKey.FromEd25519Seed(new byte[64]));
    }

    [TestMethod]
    [DataRow("0100000000000000000000000000000000000000000000000000000000000000", DisplayName = "order 1")]
    [DataRow("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", DisplayName = "order 2")]
    [DataRow("0000000000000000000000000000000000000000000000000000000000000000", DisplayName = "order 4")]
    [DataRow("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", DisplayName = "order 8")]
    [DataRow("0200000000000000000000000000000000000000000000000000000000000000", DisplayName = "no point")]
    public void An_ed25519_key_of_small_order_verifies_nothing(string hex)
    {
        Assert.IsTrue(PublicKey.TryDecode([0x08, 0x01, 0x12, 0x20, .. Convert.FromHexString(hex)], out var key, out _));
        // R = identity, S = 0 would satisfy the equation for a key of order 1 and any message.
        byte[] forged = [1, .. new byte[63]];
        Assert.IsFalse(key.Verify(Message, forged));
        Assert.IsFalse(key.Verify(Message, new byte[64]));
    }

    [TestMethod]
    public void An_ed25519_signature_has_one_spelling()
    {
        using var key = PrivateKey.Generate();
        var signature = key.Sign(Message);
        // S + L verifies where S is not reduced.
        var order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");
        var raised = new BigInteger(signature.AsSpan(32), isUnsigned: true) + order;
        Assert.IsTrue(raised.TryWriteBytes(signature.AsSpan(32), out var written, isUnsigned: true));
        signature.AsSpan(32 + written).Clear();
        Assert.IsFalse(key.PublicKey.Verify(Message, signature));
    }

    [TestMethod]
    public void Secp256k1_signatures_are_always_low_S()
    {
        var half = BigInteger.Parse("07fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", System.Globalization.NumberStyles.HexNumber);
        using var key = PrivateKey.Generate(KeyType.Secp256k1);
        Gen.Byte.Array[0, 40].Sample(
            message =>
            {
                var reader = new AsnReader(key.Sign(message), AsnEncodingRules.DER).ReadSequence();
                reader.ReadInteger();
                return reader.ReadInteger() <= half && !reader.HasData;
            },
            iter: 200);
    }

    [TestMethod]
    [DataRow(512)]
    [DataRow(1024)]
    [DataRow(2047)]
    [DataRow(8193)]
    [DataRow(16384)]
    public void RSA_of_other_sizes_is_refused_by_its_length(int bits)
    {
        Assert.IsFalse(PublicKey.TryDecode(RsaMessage(bits, [1, 0, 1]), out _, out var error));
        StringAssert.Contains(error, $"{bits} bits");
    }

    [TestMethod]
    public void RSA_of_65536_bits_is_refused_unread()
    {
        Assert.IsFalse(PublicKey.TryDecode(RsaMessage(65_536, [1, 0, 1]), out _, out var error));
        StringAssert.Contains(error, "limit");
    }

    [TestMethod]
    public void An_RSA_key_with_exponent_one_verifies_nothing()
    {
        Assert.IsTrue(PublicKey.TryDecode(RsaMessage(2048, [1]), out var key, out _));
        // With e = 1 the padded hash is its own signature.
        byte[] prefix = [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];
        byte[] tail = [0, .. prefix, .. SHA256.HashData(Message)];
        byte[] forged = [0, 1, .. Enumerable.Repeat((byte)0xff, 256 - 2 - tail.Length), .. tail];
        Assert.IsFalse(key.Verify(Message, forged));
    }

    [TestMethod]
    public void An_RSA_private_key_with_foreign_numbers_is_refused()
    {
        using var one = RSA.Create(2048);
        using var other = RSA.Create(2048);
        var mixed = one.ExportParameters(true);
        var foreign = other.ExportParameters(true);
        foreach (var data in new[] { Pkcs1(mixed, mixed.Modulus!, foreign.P!, foreign.DP!), Pkcs1(mixed, foreign.Modulus!, mixed.P!, mixed.DP!), Pkcs1(mixed, mixed.Modulus!, mixed.P!, foreign.DP!) })
        {
            Assert.IsFalse(PrivateKey.TryDecode(KeyMessage(KeyType.Rsa, data), out _, out var error));
            StringAssert.Contains(error, "belong together");
        }

        Assert.IsTrue(PrivateKey.TryDecode(KeyMessage(KeyType.Rsa, Pkcs1(mixed, mixed.Modulus!, mixed.P!, mixed.DP!)), out var key, out _));
        key.Dispose();
    }

    [TestMethod]
    [DataRow("1.2.840.10045.3.1.7", true)]
    [DataRow("1.3.132.0.34", true)]
    [DataRow("1.3.132.0.35", true)]
    [DataRow("1.3.132.0.33", false, DisplayName = "P-224")]
    [DataRow("1.3.132.0.10", false, DisplayName = "secp256k1 as ECDSA")]
    public void ECDSA_keys_are_on_the_three_common_curves(string oid, bool accepted)
    {
        using var platformKey = ECDsa.Create(ECCurve.CreateFromValue(oid));
        Assert.AreEqual(accepted, PublicKey.TryDecode(KeyMessage(KeyType.Ecdsa, platformKey.ExportSubjectPublicKeyInfo()), out var publicKey, out _));
        Assert.AreEqual(accepted, PrivateKey.TryDecode(KeyMessage(KeyType.Ecdsa, platformKey.ExportECPrivateKey()), out var key, out _));
        if (key is null)
            return;
        Assert.AreEqual(publicKey, key.PublicKey);
        Assert.IsTrue(publicKey!.Verify(Message, key.Sign(Message)));
        Assert.IsTrue(publicKey.Verify(Message, platformKey.SignData(Message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
        key.Dispose();
    }

    [TestMethod]
    public void ECDSA_parameters_brought_along_are_refused()
    {
        using var platformKey = ECDsa.Create();
        platformKey.GenerateKey(ECCurve.NamedCurves.nistP256);
        var parameters = platformKey.ExportExplicitParameters(false);
        using var explicitKey = ECDsa.Create(parameters);
        Assert.IsFalse(PublicKey.TryDecode(KeyMessage(KeyType.Ecdsa, explicitKey.ExportSubjectPublicKeyInfo()), out _, out var error));
        StringAssert.Contains(error, "named curve");
    }

    [TestMethod]
    public void An_ECDSA_private_key_with_a_foreign_point_is_refused()
    {
        using var one = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var data = one.ExportECPrivateKey();
        other.ExportECPrivateKey().AsSpan()[^64..].CopyTo(data.AsSpan()[^64..]);
        Assert.IsFalse(PrivateKey.TryDecode(KeyMessage(KeyType.Ecdsa, data), out _, out _));
    }

    [TestMethod]
    [DataRow(1024)]
    [DataRow(2049)]
    [DataRow(8200)]
    public void RSA_keys_are_generated_only_in_sizes_that_peers_accept(int bits)
        => Assert.Throws<ArgumentOutOfRangeException>(() => PrivateKey.Generate(KeyType.Rsa, bits));

    [TestMethod]
    public void Neither_text_of_a_key_shows_the_secret()
    {
        using var key = PrivateKey.Generate();
        Assert.AreEqual($"Ed25519 private key of {key.PeerId}", key.ToString());
        Assert.AreEqual($"Ed25519 {key.PeerId}", key.PublicKey.ToString());
    }

    private static byte[] RsaMessage(int bits, byte[] exponent)
    {
        // All ones: odd, and exactly as long as asked for.
        var modulus = (BigInteger.One << bits) - 1;
        var numbers = new AsnWriter(AsnEncodingRules.DER);
        using (numbers.PushSequence())
        {
            numbers.WriteInteger(modulus);
            numbers.WriteIntegerUnsigned(exponent);
        }

        var info = new AsnWriter(AsnEncodingRules.DER);
        using (info.PushSequence())
        {
            using (info.PushSequence())
            {
                info.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                info.WriteNull();
            }

            info.WriteBitString(numbers.Encode());
        }

        return KeyMessage(KeyType.Rsa, info.Encode());
    }

    private static byte[] Pkcs1(RSAParameters numbers, byte[] modulus, byte[] p, byte[] dp)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            foreach (var number in new[] { modulus, numbers.Exponent!, numbers.D!, p, numbers.Q!, dp, numbers.DQ!, numbers.InverseQ! })
                writer.WriteIntegerUnsigned(number.AsSpan().TrimStart((byte)0));
        }

        return writer.Encode();
    }

    private static byte[] KeyMessage(KeyType type, byte[] data)
    {
        var length = new List<byte>();
        for (var rest = data.Length; ; rest >>= 7)
        {
            length.Add((byte)(rest < 0x80 ? rest : rest | 0x80));
            if (rest < 0x80)
                break;
        }

        return [0x08, (byte)type, 0x12, .. length, .. data];
    }
}
