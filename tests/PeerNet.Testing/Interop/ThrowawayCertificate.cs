using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace PeerNet.Testing.Interop;

/// <summary>A self-signed certificate for loopback, for a peer that wants to be given one.</summary>
internal static class ThrowawayCertificate
{
    private static readonly Lazy<string> Made = new(Make);

    /// <summary>An object with the PEM texts <c>key</c> and <c>cert</c>.</summary>
    public static string Json => Made.Value;

    private static string Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return JsonSerializer.Serialize(new { key = key.ExportPkcs8PrivateKeyPem(), cert = certificate.ExportCertificatePem() });
    }
}
