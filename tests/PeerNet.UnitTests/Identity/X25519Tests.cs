using CsCheck;
using PeerNet.Identity;
using BouncyX25519 = Org.BouncyCastle.Math.EC.Rfc7748.X25519;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class X25519Tests
{
    // RFC 7748, section 6.1.
    private static readonly byte[] AlicePrivate = Convert.FromHexString("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    private static readonly byte[] AlicePublic = Convert.FromHexString("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    private static readonly byte[] BobPrivate = Convert.FromHexString("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    private static readonly byte[] BobPublic = Convert.FromHexString("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    private static readonly byte[] Shared = Convert.FromHexString("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");

    [TestMethod]
    public void Agrees_with_the_example_of_rfc_7748()
    {
        var result = new byte[X25519.KeyBytes];
        X25519.DerivePublicKey(AlicePrivate, result);
        CollectionAssert.AreEqual(AlicePublic, result);
        X25519.DerivePublicKey(BobPrivate, result);
        CollectionAssert.AreEqual(BobPublic, result);
        Assert.IsTrue(X25519.TryAgree(AlicePrivate, BobPublic, result));
        CollectionAssert.AreEqual(Shared, result);
        Assert.IsTrue(X25519.TryAgree(BobPrivate, AlicePublic, result));
        CollectionAssert.AreEqual(Shared, result);
    }

    [TestMethod]
    [DataRow("0000000000000000000000000000000000000000000000000000000000000000", DisplayName = "zero")]
    [DataRow("0100000000000000000000000000000000000000000000000000000000000000", DisplayName = "one")]
    [DataRow("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", DisplayName = "order 8")]
    [DataRow("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", DisplayName = "order 8, the other")]
    [DataRow("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", DisplayName = "p - 1")]
    [DataRow("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", DisplayName = "p")]
    [DataRow("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", DisplayName = "p + 1")]
    public void Refuses_the_points_that_make_every_secret_zero(string point)
    {
        var secret = Enumerable.Repeat((byte)1, X25519.KeyBytes).ToArray();
        Assert.IsFalse(X25519.TryAgree(AlicePrivate, Convert.FromHexString(point), secret));
        CollectionAssert.AreEqual(new byte[X25519.KeyBytes], secret);
    }

    [TestMethod]
    public void Refuses_peer_keys_of_other_lengths()
    {
        for (var length = 0; length < 70; length++)
        {
            if (length != X25519.KeyBytes)
                Assert.IsFalse(X25519.TryAgree(AlicePrivate, new byte[length].Select(_ => (byte)9).ToArray(), new byte[X25519.KeyBytes]));
        }
    }

    [TestMethod]
    public void A_caller_with_a_buffer_of_the_wrong_size_is_told()
    {
        Assert.Throws<ArgumentException>(() => X25519.TryAgree(AlicePrivate, BobPublic, new byte[31]));
        Assert.Throws<ArgumentException>(() => X25519.TryAgree(new byte[31], BobPublic, new byte[32]));
        Assert.Throws<ArgumentException>(() => X25519.DerivePublicKey(AlicePrivate, new byte[33]));
        Assert.Throws<ArgumentException>(() => X25519.GenerateKeyPair(new byte[33], new byte[32]));
    }

    [TestMethod]
    public void Agrees_with_another_implementation_on_any_keys()
        => Gen.Byte.Array[X25519.KeyBytes].Select(Gen.Byte.Array[X25519.KeyBytes]).Sample((privateKey, peer) =>
        {
            var ours = new byte[X25519.KeyBytes];
            var theirs = new byte[X25519.KeyBytes];
            X25519.DerivePublicKey(privateKey, ours);
            BouncyX25519.ScalarMultBase(privateKey, 0, theirs, 0);
            var sameKey = ours.AsSpan().SequenceEqual(theirs);
            return sameKey
                && X25519.TryAgree(privateKey, peer, ours) == BouncyX25519.CalculateAgreement(privateKey, 0, peer, 0, theirs, 0)
                && ours.AsSpan().SequenceEqual(theirs);
        });

    [TestMethod]
    public void Generated_pairs_agree_and_differ()
    {
        var (a, publicA, b, publicB) = (new byte[32], new byte[32], new byte[32], new byte[32]);
        X25519.GenerateKeyPair(a, publicA);
        X25519.GenerateKeyPair(b, publicB);
        CollectionAssert.AreNotEqual(a, b);
        var (one, other) = (new byte[32], new byte[32]);
        Assert.IsTrue(X25519.TryAgree(a, publicB, one));
        Assert.IsTrue(X25519.TryAgree(b, publicA, other));
        CollectionAssert.AreEqual(one, other);
    }
}
