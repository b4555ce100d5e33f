using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Identity;

/// <summary>
/// Our certificate in a real TLS handshake with each stack, in both roles. Everything around the handshake is the few
/// lines of multistream that it takes to get there.
/// </summary>
[TestClass, TestCategory("Interop")]
public sealed class CertificateTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public TestContext TestContext { get; set; } = null!;

    public static IEnumerable<object[]> Rows =>
        from kind in new[] { PeerKind.Go, PeerKind.Rust, PeerKind.Js }
        from type in new[] { KeyType.Ed25519, KeyType.Rsa, KeyType.Secp256k1, KeyType.Ecdsa }
        // JavaScript knows no ECDSA identity.
        where kind != PeerKind.Js || type != KeyType.Ecdsa
        select new object[] { kind, type };

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    [TestMethod, DynamicData(nameof(Rows)), Timeout(90_000, CooperativeCancellation = true)]
    public Task A_peer_takes_our_certificate_as_the_dialer(PeerKind kind, KeyType type) => PeerGroup.RunAsync(async group =>
    {
        using var key = PrivateKey.Generate(type);
        using var certificate = LibP2PCertificate.Create(key, Now);
        var peer = await group.StartAsync(kind, Options(), TestContext.CancellationToken);
        Assert.IsTrue(Multiaddress.Parse(peer.Addresses[0]).TryGetIPEndPoint(out var endPoint));
        using var socket = new TcpClient();
        await socket.ConnectAsync(endPoint, TestContext.CancellationToken);
        await NegotiateAsync(socket.GetStream(), "/tls/1.0.0");

        PeerId? remote = null;
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol("libp2p")],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
                EnabledSslProtocols = SslProtocols.Tls13,
                TargetHost = "",
                RemoteCertificateValidationCallback = (_, theirs, _, _) => Check(theirs, out remote),
            },
            TestContext.CancellationToken);
        Assert.AreEqual(peer.PeerId, remote!.ToString());
        // In TLS 1.3 the dialer is done first; only an answer inside shows that the peer accepted our certificate.
        await NegotiateAsync(tls, "/yamux/1.0.0");
    });

    [TestMethod, DynamicData(nameof(Rows)), Timeout(90_000, CooperativeCancellation = true)]
    public Task A_peer_takes_our_certificate_as_the_listener(PeerKind kind, KeyType type) => PeerGroup.RunAsync(async group =>
    {
        using var key = PrivateKey.Generate(type);
        using var certificate = LibP2PCertificate.Create(key, Now);
        var peer = await group.StartAsync(kind, Options(), TestContext.CancellationToken);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var dial = peer.CallAsync("dial", new { addr = $"/ip4/127.0.0.1/tcp/{port}/p2p/{key.PeerId}" });

        using var socket = await listener.AcceptTcpClientAsync(TestContext.CancellationToken);
        await AnswerAsync(socket.GetStream(), "/tls/1.0.0");
        PeerId? remote = null;
        await using (var tls = new SslStream(socket.GetStream()))
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ApplicationProtocols = [new SslApplicationProtocol("libp2p")],
                    ServerCertificate = certificate,
                    ClientCertificateRequired = true,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    AllowTlsResume = false,
                    RemoteCertificateValidationCallback = (_, theirs, _, _) => Check(theirs, out remote),
                },
                TestContext.CancellationToken);
            Assert.AreEqual(peer.PeerId, remote!.ToString());
            // The peer asks for a muxer only when it has accepted our certificate and the peer id in it.
            await AnswerAsync(tls, "/yamux/1.0.0");
        }

        // There is no muxer here, so the dial itself ends in an error or with a connection that is gone.
        try
        {
            await dial;
        }
        catch (ControlException)
        {
        }
    });

    private static PeerOptions Options() => new() { Transports = "tcp", Security = "tls" };

    private static bool Check(X509Certificate? certificate, out PeerId? id)
    {
        var verified = LibP2PCertificate.TryVerify(certificate as X509Certificate2, Now, out var key, out var reason);
        Assert.IsTrue(verified, reason);
        id = key!.PeerId;
        return true;
    }

    private async Task NegotiateAsync(Stream stream, string protocol)
    {
        await WriteLineAsync(stream, "/multistream/1.0.0");
        await WriteLineAsync(stream, protocol);
        Assert.AreEqual("/multistream/1.0.0", await ReadLineAsync(stream));
        Assert.AreEqual(protocol, await ReadLineAsync(stream));
    }

    private async Task AnswerAsync(Stream stream, string protocol)
    {
        Assert.AreEqual("/multistream/1.0.0", await ReadLineAsync(stream));
        await WriteLineAsync(stream, "/multistream/1.0.0");
        while (await ReadLineAsync(stream) is var asked && asked != protocol)
        {
            Assert.StartsWith("/", asked);
            await WriteLineAsync(stream, "na");
        }

        await WriteLineAsync(stream, protocol);
    }

    private Task WriteLineAsync(Stream stream, string text)
        => stream.WriteAsync((byte[])[(byte)(text.Length + 1), .. Encoding.ASCII.GetBytes(text), (byte)'\n'], TestContext.CancellationToken).AsTask();

    /// <summary>Lines here are shorter than 128 bytes, so the length is one byte.</summary>
    private async Task<string> ReadLineAsync(Stream stream)
    {
        var length = new byte[1];
        await stream.ReadExactlyAsync(length, TestContext.CancellationToken);
        var line = new byte[length[0]];
        await stream.ReadExactlyAsync(line, TestContext.CancellationToken);
        return Encoding.ASCII.GetString(line).TrimEnd('\n');
    }
}
