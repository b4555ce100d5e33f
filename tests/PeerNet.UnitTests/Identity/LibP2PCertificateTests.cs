using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using PeerNet.Identity;
using PeerNet.UnitTests.Multiformats;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class LibP2PCertificateTests
{
    // The day the vectors were made.
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 16, 15, 37, TimeSpan.Zero);

    // Rows that a stack may decide either way, with our decision and its reason.
    private static readonly Dictionary<string, (bool Accepted, string Why)> Choices = new()
    {
        ["critical KeyUsage digitalSignature (known extension)"] = (false, "an extension without meaning here must not be critical; Rust refuses it as well"),
        ["critical BasicConstraints CA:true"] = (false, "an extension without meaning here must not be critical; Rust refuses it as well"),
        ["EKU emailProtection only"] = (true, "the specification gives usages no meaning"),
        ["extension SEQUENCE with a third element"] = (false, "what follows the signature is not signed; Rust refuses it as well"),
        ["trailing DER after the SEQUENCE"] = (false, "what follows the signature is not signed; Rust refuses it as well"),
        ["certificate key P-521"] = (true, "the platform verifies it, Go and JavaScript take it"),
        ["certificate key Ed25519"] = (true, "all three stacks take it and the platform's TLS can verify it"),
    };

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_certificate()
    {
        var file = IdentityVectors.Open("tls.json");
        using var usual = PrivateKey.Decode(file.Bytes("identityOfCases"));
        foreach (var row in file.Rows("cases"))
        {
            var note = row.Text("note");
            var expected = row.Text("expect") switch
            {
                "accept" => true,
                "reject" => false,
                _ => Choices[note].Accepted,
            };
            var chain = row.GetProperty("chain") is { ValueKind: System.Text.Json.JsonValueKind.Array } list
                ? list.EnumerateArray().Select(der => new ReadOnlyMemory<byte>(Convert.FromHexString(der.GetString()!))).ToArray()
                : [];
            Assert.AreEqual(expected, LibP2PCertificate.TryVerifyChain(chain, Now, out var key, out var reason), $"{note}: {reason}");
            Assert.AreEqual(expected, reason is null, note);
            if (key is not null)
                Assert.AreEqual(row.TryGetProperty("peerId", out var id) ? id.GetString() : usual.PeerId.ToString(), key.PeerId.ToString(), note);
        }
    }

    [TestMethod]
    public void Accepts_what_go_makes()
    {
        foreach (var row in IdentityVectors.Open("tls.json").Rows("valid"))
        {
            Assert.IsTrue(LibP2PCertificate.TryVerify(row.Bytes("certificate"), Now, out var key, out var reason), reason);
            Assert.AreEqual(row.Text("peerId"), key.PeerId.ToString());
        }
    }

    [TestMethod]
    public void Agrees_with_the_certificates_of_the_specification()
    {
        foreach (var row in IdentityVectors.Open("tls.json").Rows("spec"))
        {
            var expected = row.TryGetProperty("expectPeerId", out var id) ? id.GetString()! : "";
            Assert.AreEqual(expected.Length > 0, LibP2PCertificate.TryVerify(row.Bytes("certificate"), Now, out var key, out _), row.Text("note"));
            if (key is not null)
                Assert.AreEqual(expected, key.PeerId.ToString());
        }
    }

    [TestMethod]
    public void Certificates_of_the_specification_are_valid_from_1975_to_4096()
    {
        var der = IdentityVectors.Open("tls.json").Rows("spec")[0].Bytes("certificate");
        var first = new DateTimeOffset(1975, 1, 1, 13, 0, 0, TimeSpan.Zero);
        var last = new DateTimeOffset(4096, 1, 1, 13, 0, 0, TimeSpan.Zero);
        Assert.IsTrue(LibP2PCertificate.TryVerify(der, first, out _, out _));
        Assert.IsTrue(LibP2PCertificate.TryVerify(der, last, out _, out _));
        Assert.IsFalse(LibP2PCertificate.TryVerify(der, first.AddSeconds(-1), out _, out _));
        Assert.IsFalse(LibP2PCertificate.TryVerify(der, last.AddSeconds(1), out _, out _));
    }

    [TestMethod]
    public void No_certificate_is_refused()
    {
        Assert.IsFalse(LibP2PCertificate.TryVerify((X509Certificate2?)null, Now, out _, out var reason));
        Assert.AreEqual("the peer sent no certificate", reason);
    }

    [TestMethod]
    public void Refuses_a_certificate_cut_at_any_byte()
    {
        var der = IdentityVectors.Open("tls.json").Rows("valid")[0].Bytes("certificate");
        for (var length = 0; length < der.Length; length++)
            Assert.IsFalse(LibP2PCertificate.TryVerify(der.AsSpan(0, length), Now, out _, out _), $"{length} bytes");
    }

    [TestMethod]
    public void Refuses_a_certificate_with_any_byte_changed()
    {
        var valid = IdentityVectors.Open("tls.json").Rows("valid")[0].Bytes("certificate");
        Gen.Int[0, valid.Length - 1].Select(Gen.Byte[1, 255]).Sample((position, difference) =>
        {
            var damaged = (byte[])valid.Clone();
            damaged[position] ^= difference;
            return !LibP2PCertificate.TryVerify(damaged, Now, out _, out _);
        });
    }

    [TestMethod]
    [DataRow(KeyType.Ed25519)]
    [DataRow(KeyType.Secp256k1)]
    [DataRow(KeyType.Ecdsa)]
    [DataRow(KeyType.Rsa)]
    public void Verifies_what_it_creates(KeyType type)
    {
        using var identity = PrivateKey.Generate(type);
        using var certificate = LibP2PCertificate.Create(identity, Now);
        Assert.IsTrue(LibP2PCertificate.TryVerify(certificate, Now, out var key, out var reason), reason);
        Assert.AreEqual(identity.PublicKey, key);
        Assert.IsTrue(certificate.HasPrivateKey);
    }

    [TestMethod]
    public void Creates_what_every_stack_reads()
    {
        using var identity = PrivateKey.Generate();
        using var certificate = LibP2PCertificate.Create(identity, Now);
        var extension = certificate.Extensions.Single();
        Assert.AreEqual(LibP2PCertificate.ExtensionOid, extension.Oid!.Value);
        Assert.IsFalse(extension.Critical);
        Assert.AreEqual(Now.AddHours(-1), new DateTimeOffset(certificate.NotBefore));
        Assert.AreEqual(Now.AddYears(100), new DateTimeOffset(certificate.NotAfter));
        Assert.AreEqual(3, certificate.Version);
        Assert.AreEqual("1.2.840.10045.4.3.2", certificate.SignatureAlgorithm.Value);
        using var key = certificate.GetECDsaPublicKey();
        Assert.AreEqual("1.2.840.10045.3.1.7", key!.ExportParameters(false).Curve.Oid.Value);
        var serial = certificate.SerialNumberBytes.Span;
        Assert.IsTrue(serial[0] is >= 0x40 and < 0x80, "positive, without leading zeros");
        Assert.IsTrue(LibP2PCertificate.TryVerify(certificate, Now.AddYears(100), out _, out _));
        Assert.IsFalse(LibP2PCertificate.TryVerify(certificate, Now.AddHours(-1).AddSeconds(-1), out _, out _));
        Assert.IsFalse(LibP2PCertificate.TryVerify(certificate, Now.AddYears(100).AddSeconds(1), out _, out _));
    }

    [TestMethod]
    public void Two_certificates_of_one_identity_share_nothing_but_the_identity()
    {
        using var identity = PrivateKey.Generate();
        using var one = LibP2PCertificate.Create(identity, Now);
        using var other = LibP2PCertificate.Create(identity, Now);
        Assert.AreNotEqual(one.SerialNumber, other.SerialNumber);
        CollectionAssert.AreNotEqual(one.GetPublicKey(), other.GetPublicKey());
    }

    [TestMethod]
    [DataRow(true, "twice")]
    [DataRow(false, "critical")]
    public void Refuses_duplicate_and_unknown_critical_extensions(bool duplicate, string reason)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("1.2.3.4", [5, 0], critical: !duplicate));
        if (duplicate)
            request.CertificateExtensions.Add(new X509Extension("1.2.3.5", [5, 0], critical: false));
        using var certificate = request.CreateSelfSigned(Now.AddHours(-1), Now.AddHours(1));
        var der = certificate.RawData;
        if (duplicate)
        {
            // The platform does not build such a certificate, so 1.2.3.5 becomes a second 1.2.3.4.
            var position = der.AsSpan().IndexOf<byte>([0x06, 0x03, 0x2a, 0x03, 0x05]);
            der[position + 4] = 0x04;
        }

        Assert.IsFalse(LibP2PCertificate.TryVerify(der, Now, out _, out var why));
        StringAssert.Contains(why, reason);
    }

    [TestMethod]
    public void Arbitrary_bytes_never_throw()
        => Gen.Byte.Array[0, 200].Sample(bytes => !LibP2PCertificate.TryVerify(bytes, Now, out _, out _));
}
