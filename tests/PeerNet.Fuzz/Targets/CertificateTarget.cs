using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PeerNet.Identity;

namespace PeerNet.Fuzz.Targets;

public sealed class CertificateTarget : IFuzzTarget
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 0, 0, 0, TimeSpan.Zero);

    public static string Name => "certificate";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (!LibP2PCertificate.TryVerify(data, Now, out var key, out var reason))
        {
            Oracle.Require(reason is not null, "a refusal has a reason");
            return;
        }

        PublicKeyTarget.Check(key);
        // The platform's parser is the second opinion on everything that was taken out of the DER.
        using var certificate = Load(data);
        Oracle.RequireEqual(data, certificate.RawData, "nothing follows the certificate");
        Oracle.Require(certificate.NotBefore.ToUniversalTime() <= Now.UtcDateTime && certificate.NotAfter.ToUniversalTime() >= Now.UtcDateTime, "it is valid now");
        Oracle.Require(certificate.Extensions.All(extension => !extension.Critical || extension.Oid!.Value == LibP2PCertificate.ExtensionOid), "no other critical extension");
        Oracle.Require(certificate.Extensions.Count(extension => extension.Oid!.Value == LibP2PCertificate.ExtensionOid) == 1, "one libp2p extension");
    }

    private static X509Certificate2 Load(ReadOnlySpan<byte> der)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException e)
        {
            throw new FuzzFindingException($"the platform cannot read a certificate that we accept: {e.Message}");
        }
    }
}
