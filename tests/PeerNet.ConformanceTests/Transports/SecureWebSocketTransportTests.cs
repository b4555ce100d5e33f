using System.Security.Cryptography.X509Certificates;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Connections.Transports.WebSocket;
using PeerNet.Core.Errors;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;
using PeerNet.Testing;

namespace PeerNet.ConformanceTests.Transports;

[TestClass]
[TestCategory("Socket")]
public sealed class SecureWebSocketTransportTests : RawTransportConformance
{
    internal static readonly X509Certificate2 Certificate = WebSocketCertificate.CreateSelfSigned(["localhost", "127.0.0.1"], TimeProvider.System.GetUtcNow());

    protected override Multiaddress ListenAddress { get; } = Multiaddress.Parse("/ip4/127.0.0.1/tcp/0/tls/ws");

    protected override bool HasHalfClose => false;

    protected override IRawTransport Create()
        => new WebSocketTransport(new WebSocketOptions
        {
            Tcp = new TcpOptions { ConnectTimeout = Patience },
            HandshakeTimeout = Patience,
            ServerCertificate = Certificate,
            AllowUntrustedCertificates = true,
        });

    [TestMethod]
    [DataRow("/wss", "/wss")]
    [DataRow("/tls/ws", "/wss")]
    [DataRow("/wss", "/tls/ws")]
    [DataRow("/wss", "/tls/sni/localhost/ws")]
    [DataRow("/tls/sni/localhost/ws", "/wss")]
    [DataRow("/tls/ws/http-path/a%20b", "/wss/http-path/a%20b")]
    public async Task Every_spelling_is_listened_on_and_dialled(string listen, string dial)
    {
        await using var transport = Create();
        await using var listener = await transport.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0" + listen), Token);
        var tcp = listener.Address.Slice(0, 2)!;
        StringAssert.StartsWith(listener.Address.ToString(), tcp + "/tls/", StringComparison.Ordinal);
        var dialling = transport.DialAsync(tcp.Encapsulate(dial), true, Token).AsTask();
        await using var inbound = await (await listener.AcceptAsync(Token))!.OpenAsync(Token);
        await using var dialled = await dialling;
        Assert.AreEqual(tcp.Encapsulate(dial), dialled.RemoteAddress);
        await SendAsync(dialled, "through");
        Assert.AreEqual("through", await ReceiveAsync(inbound, 7));
    }

    [TestMethod]
    [DataRow("/tls/ws")]
    [DataRow("/tls/sni/localhost/ws")]
    public async Task A_certificate_of_an_unknown_issuer_is_refused_unless_allowed(string suffix)
    {
        await using var server = Create();
        await using var listener = await server.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0" + suffix), Token);
        await using var strict = new WebSocketTransport();
        await AssertRefusedAsync(listener, strict);
    }

    [TestMethod]
    public async Task A_custom_judge_sees_the_name_and_decides()
    {
        await using var server = Create();
        await using var listener = await server.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0/wss"), Token);
        await using var picky = new WebSocketTransport(new WebSocketOptions
        {
            ValidateServerCertificate = (_, certificate, _, errors)
                => certificate!.Equals(Certificate) && (errors & System.Net.Security.SslPolicyErrors.RemoteCertificateNameMismatch) == 0,
        });
        var tcp = listener.Address.Slice(0, 2)!;
        var dialling = picky.DialAsync(tcp.Encapsulate("/tls/sni/localhost/ws"), true, Token).AsTask();
        await using var inbound = await (await listener.AcceptAsync(Token))!.OpenAsync(Token);
        await using var dialled = await dialling;
        await AssertRefusedAsync(listener, picky, tcp.Encapsulate("/tls/sni/other.example/ws"));
    }

    [TestMethod]
    public void Without_a_certificate_there_is_no_secure_listener()
    {
        var transport = new WebSocketTransport();
        Assert.IsFalse(transport.CanListen(ListenAddress));
        Assert.IsTrue(transport.CanDial(Multiaddress.Parse("/ip4/127.0.0.1/tcp/443/wss")));
        Assert.IsFalse(transport.CanDial(Multiaddress.Parse("/ip4/127.0.0.1/tcp/443/tls/wss")));
    }

    private async Task AssertRefusedAsync(IRawListener listener, WebSocketTransport client, Multiaddress? address = null)
    {
        var dialling = client.DialAsync(address ?? listener.Address, true, Token).AsTask();
        var accepted = await listener.AcceptAsync(Token);
        var opening = accepted!.OpenAsync(Token).AsTask();
        Assert.AreEqual(HandshakeFailure.Unauthenticated, (await Assert.ThrowsExactlyAsync<HandshakeException>(() => dialling)).Reason);
        await Assert.ThrowsExactlyAsync<HandshakeException>(() => opening);
    }
}
