using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PeerNet.Connections.Security.Tls;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Security.Tls;

[TestClass]
public sealed class TlsHostilePeerTests
{
    private static readonly SslApplicationProtocol LibP2P = new("libp2p");

    private readonly BufferPool _pool = new();
    private readonly PrivateKey _us = PrivateKey.Generate();
    private readonly PrivateKey _them = PrivateKey.Generate();

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Takes_a_plain_peer_that_keeps_the_rules(bool isInitiator)
    {
        var connection = await MeetAsync(isInitiator, new Attack { Certificate = Certificate() });
        Assert.AreEqual(_them.PublicKey, connection.RemoteKey);
        await connection.DisposeAsync();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Refuses_two_certificates(bool isInitiator)
    {
        var error = await RefusesAsync(isInitiator, ChainOfTwo());
        Assert.AreEqual(HandshakeFailure.Unauthenticated, error.Reason);
        Assert.Contains("more than one", error.Message);
    }

    [TestMethod]
    [DataRow(true, 0, true)]
    [DataRow(true, 1, true)]
    [DataRow(true, 2, false)]
    [DataRow(false, 0, true)]
    [DataRow(false, 1, false)]
    public void Counts_the_same_certificate_twice_as_two(bool isInitiator, int copies, bool accepted)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("Other platforms report what the peer sent in another way.");
        var certificate = Certificate();
        using var chain = new X509Chain();
        for (var i = 0; i < copies; i++)
            chain.ChainPolicy.ExtraStore.Add(certificate);
        var verifier = new TlsPeerVerifier(null, isInitiator, DateTimeOffset.UtcNow);
        Assert.AreEqual(accepted, verifier.Verify(this, certificate, chain, SslPolicyErrors.RemoteCertificateChainErrors), verifier.Failure?.Message);
    }

    [TestMethod]
    public async Task Refuses_no_certificate()
    {
        var error = await RefusesAsync(isInitiator: false, new Attack());
        Assert.AreEqual(HandshakeFailure.Unauthenticated, error.Reason);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Refuses_a_certificate_that_proves_no_identity(bool isInitiator)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var plain = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var error = await RefusesAsync(isInitiator, new Attack { Certificate = plain });
        Assert.AreEqual(HandshakeFailure.Unauthenticated, error.Reason);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Refuses_an_expired_certificate(bool isInitiator)
    {
        var old = LibP2PCertificate.Create(_them, new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var error = await RefusesAsync(isInitiator, new Attack { Certificate = old });
        Assert.AreEqual(HandshakeFailure.Unauthenticated, error.Reason);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Refuses_an_older_version(bool isInitiator)
        => await RefusesAsync(isInitiator, new Attack { Certificate = Certificate(), Version = SslProtocols.Tls12 });

    [TestMethod]
    public async Task Refuses_application_protocols_without_overlap()
        => await RefusesAsync(isInitiator: false, new Attack { Certificate = Certificate(), Protocols = [SslApplicationProtocol.Http2] });

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_peer_without_application_protocols_leaves_the_muxer_open(bool isInitiator)
    {
        var connection = await MeetAsync(isInitiator, new Attack { Certificate = Certificate(), Protocols = null });
        Assert.IsNull(connection.EarlyMuxer);
        await connection.DisposeAsync();
    }

    [TestMethod]
    public async Task Ignores_a_server_name()
    {
        var connection = await MeetAsync(isInitiator: false, new Attack { Certificate = Certificate(), ServerName = "example.org" });
        await connection.DisposeAsync();
    }

    [TestMethod]
    public async Task Sends_no_server_name()
    {
        var (a, b) = InMemoryRawPair.Create();
        using var stop = new CancellationTokenSource();
        var handshake = new TlsProtocol(_us).SecureAsync(a, new SecurityContext { IsInitiator = true, Muxers = ["/yamux/1.0.0"] }, stop.Token).AsTask();
        var hello = new byte[4096];
        var length = await b.ReceiveAsync(hello, Token);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => handshake);
        var extensions = ExtensionsOf(hello.AsSpan(0, length));
        CollectionAssert.DoesNotContain(extensions.Keys, 0);
        CollectionAssert.AreEqual("\0\u0014\u000c/yamux/1.0.0\u0006libp2p"u8.ToArray(), extensions[16]);
    }

    [TestMethod]
    public async Task Every_handshake_proves_the_identity_anew()
    {
        // The platform's client asks to resume whenever it was given a ticket for the same name and options.
        for (var i = 0; i < 3; i++)
        {
            var connection = await MeetAsync(isInitiator: false, new Attack { Certificate = Certificate(), ServerName = "same" });
            Assert.AreEqual(_them.PublicKey, connection.RemoteKey);
            await connection.DisposeAsync();
        }
    }

    [TestMethod]
    public async Task An_initiator_that_is_refused_hears_it_as_a_failed_handshake()
    {
        var (a, b) = InMemoryRawPair.Create();
        var accepting = new TlsProtocol(_them, _pool).SecureAsync(b, new SecurityContext { IsInitiator = false, ExpectedPeer = _them.PeerId }, Token).AsTask();
        var error = await Assert.ThrowsExactlyAsync<HandshakeException>(async () =>
        {
            await using var connection = await new TlsProtocol(_us, _pool).SecureAsync(a, new SecurityContext { IsInitiator = true }, Token);
            await connection.ReceiveAsync(Token);
        });
        Assert.AreEqual(HandshakeFailure.Closed, error.Reason);
        await Assert.ThrowsExactlyAsync<HandshakeException>(() => accepting);
        Assert.AreEqual(0, _pool.Rented);
    }

    private X509Certificate2 Certificate() => LibP2PCertificate.Create(_them, DateTimeOffset.UnixEpoch.AddYears(56));

    private async Task<HandshakeException> RefusesAsync(bool isInitiator, Attack attack)
    {
        var error = await Assert.ThrowsExactlyAsync<HandshakeException>(async () =>
        {
            // An initiator may come up before it hears of the refusal.
            await using var connection = await MeetAsync(isInitiator, attack);
            await connection.ReceiveAsync(Token);
        });
        Assert.AreEqual(0, _pool.Rented);
        return error;
    }

    private async Task<SecureConnection> MeetAsync(bool isInitiator, Attack attack)
    {
        var (ours, theirs) = InMemoryRawPair.Create();
        var peer = AttackAsync(theirs, !isInitiator, attack);
        try
        {
            return await new TlsProtocol(_us, _pool).SecureAsync(ours, new SecurityContext { IsInitiator = isInitiator, Muxers = ["/yamux/1.0.0"] }, Token);
        }
        finally
        {
            await peer;
        }
    }

    private async Task AttackAsync(RawConnection raw, bool isInitiator, Attack attack)
    {
        var stream = new SslStream(new RawConnectionStream(raw));
        var context = attack.Certificate is null ? null : SslStreamCertificateContext.Create(attack.Certificate, [.. attack.Issuers], offline: true);
        List<SslApplicationProtocol>? protocols = attack.Protocols is null ? null : [.. attack.Protocols];
        try
        {
            if (isInitiator)
            {
                await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = attack.ServerName,
                    EnabledSslProtocols = attack.Version,
                    ApplicationProtocols = protocols,
                    ClientCertificateContext = context,
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                }, Token);
            }
            else
            {
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    EnabledSslProtocols = attack.Version,
                    ApplicationProtocols = protocols,
                    ServerCertificateContext = context,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                }, Token);
            }
        }
        catch (Exception e) when (TlsErrors.AreOfStream(e))
        {
            // Refused: what the other end says about it is what counts.
        }

        await raw.ShutdownAsync(Token);
    }

    /// <summary>The platform sends only what belongs to a chain, so a peer that sends two certificates has to have one.</summary>
    private static Attack ChainOfTwo()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var from = DateTimeOffset.UnixEpoch;
        var root = Request("CN=root", rootKey, isAuthority: true).CreateSelfSigned(from, from.AddYears(100));
        var middle = Request("CN=middle", middleKey, isAuthority: true).Create(root, from, from.AddYears(99), [1]).CopyWithPrivateKey(middleKey);
        var leaf = Request("CN=leaf", leafKey, isAuthority: false).Create(middle, from, from.AddYears(98), [2]).CopyWithPrivateKey(leafKey);
        return new Attack { Certificate = leaf, Issuers = [middle, root] };
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }

    private static Dictionary<int, byte[]> ExtensionsOf(ReadOnlySpan<byte> record)
    {
        // Record header 5, handshake header 4, version 2, random 32; then session id, cipher suites, compression methods, extensions.
        var rest = record[(5 + 4 + 2 + 32)..];
        rest = rest[(1 + rest[0])..];
        rest = rest[(2 + U16(rest))..];
        rest = rest[(1 + rest[0])..];
        rest = rest.Slice(2, U16(rest));
        var found = new Dictionary<int, byte[]>();
        while (!rest.IsEmpty)
        {
            found[U16(rest)] = rest.Slice(4, U16(rest[2..])).ToArray();
            rest = rest[(4 + U16(rest[2..]))..];
        }

        return found;
    }

    private static int U16(ReadOnlySpan<byte> bytes) => (bytes[0] << 8) | bytes[1];

    private sealed record Attack
    {
        public X509Certificate2? Certificate { get; init; }

        public IReadOnlyList<X509Certificate2> Issuers { get; init; } = [];

        public IReadOnlyList<SslApplicationProtocol>? Protocols { get; init; } = [LibP2P];

        public SslProtocols Version { get; init; } = SslProtocols.Tls13;

        public string ServerName { get; init; } = "";
    }
}
