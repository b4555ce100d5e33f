using System.Net.Security;
using PeerNet.Identity;

namespace PeerNet.Connections.Security.Tls;

/// <summary>
/// The certificate of one identity, made once and used for all its connections. It is renewed when it has served its time, and when the
/// clock has been set back to before it was made. Thread-safe.
/// </summary>
internal sealed class TlsCertificateCache(PrivateKey identity, TimeProvider time)
{
    /// <summary>
    /// Implementation limit. The certificate itself lasts a century, like those of go and js; its key should not: a stolen one could pose as
    /// this node for as long as nobody looks at dates. A month costs nothing.
    /// </summary>
    public static readonly TimeSpan ServiceLife = TimeSpan.FromDays(30);

    private readonly Lock _renewing = new();
    private Entry? _current;

    /// <summary>The certificate in the form that handshakes share, its chain already settled.</summary>
    public SslStreamCertificateContext Get()
    {
        var now = time.GetUtcNow();
        var current = Volatile.Read(ref _current);
        if (current is not null && current.Serves(now))
            return current.Context;
        lock (_renewing)
        {
            if (_current is null || !_current.Serves(now))
            {
                // The old one may still be in use by a handshake: the collector disposes it.
                var certificate = LibP2PCertificate.Create(identity, now);
                Volatile.Write(ref _current, new Entry(SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true), now));
            }

            return _current!.Context;
        }
    }

    private sealed record Entry(SslStreamCertificateContext Context, DateTimeOffset Made)
    {
        public bool Serves(DateTimeOffset now) => now >= Made && now - Made < ServiceLife;
    }
}
