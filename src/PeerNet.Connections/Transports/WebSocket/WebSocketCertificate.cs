using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>Certificates for secure WebSocket listeners.</summary>
public static class WebSocketCertificate
{
    // A browser refuses server certificates that are valid for longer (CA/Browser Forum, since 2020).
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(397);

    /// <summary>
    /// Makes a certificate that nobody trusts who is not told to. For laboratories: dial with
    /// <see cref="WebSocketOptions.AllowUntrustedCertificates"/>.
    /// </summary>
    /// <param name="hosts">Host names and IP addresses it is for.</param>
    /// <param name="now">When it begins to be valid; a day of grace is given for clocks that are late.</param>
    public static X509Certificate2 CreateSelfSigned(IReadOnlyList<string> hosts, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfZero(hosts.Count, nameof(hosts));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=PeerNet self-signed", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var ip))
                names.AddIpAddress(ip);
            else
                names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], false));
        using var certificate = request.CreateSelfSigned(now - TimeSpan.FromDays(1), now + Lifetime - TimeSpan.FromDays(1));

        // Windows cannot use a key that was never stored for TLS: a trip through PKCS#12 gives it one everywhere.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
