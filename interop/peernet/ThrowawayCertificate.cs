using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PeerNet.Interop.Peer;

/// <summary>A self-signed certificate for <c>/wss</c> on loopback, in a file as long as this object lives.</summary>
internal sealed class ThrowawayCertificate : IDisposable
{
    public ThrowawayCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        System.IO.File.WriteAllText(File, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    public string File { get; } = Path.GetTempFileName();

    public void Dispose() => System.IO.File.Delete(File);
}
