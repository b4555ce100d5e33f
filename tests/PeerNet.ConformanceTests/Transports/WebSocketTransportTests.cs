using PeerNet.Connections.Transports.Tcp;
using PeerNet.Connections.Transports.WebSocket;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;
using PeerNet.Testing;

namespace PeerNet.ConformanceTests.Transports;

[TestClass]
[TestCategory("Socket")]
public sealed class WebSocketTransportTests : RawTransportConformance
{
    protected override Multiaddress ListenAddress { get; } = Multiaddress.Parse("/ip4/127.0.0.1/tcp/0/ws");

    protected override bool HasHalfClose => false;

    protected override IRawTransport Create()
        => new WebSocketTransport(new WebSocketOptions { Tcp = new TcpOptions { ConnectTimeout = Patience }, HandshakeTimeout = Patience });
}
