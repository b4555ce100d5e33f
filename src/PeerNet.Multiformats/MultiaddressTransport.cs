namespace PeerNet.Multiformats;

/// <summary>The ways of dialling that an address can name.</summary>
public enum MultiaddressTransport
{
    /// <summary>None that libp2p dials.</summary>
    None,

    /// <summary><c>HOST/tcp/PORT</c>.</summary>
    Tcp,

    /// <summary><c>HOST/tcp/PORT/ws</c>.</summary>
    WebSocket,

    /// <summary><c>HOST/tcp/PORT/wss</c>, <c>…/tls/ws</c> or <c>…/tls/sni/NAME/ws</c>.</summary>
    SecureWebSocket,

    /// <summary><c>HOST/udp/PORT/quic-v1</c>.</summary>
    QuicV1,

    /// <summary><c>HOST/udp/PORT/quic-v1/webtransport</c>, any number of <c>/certhash</c>.</summary>
    WebTransport,

    /// <summary><c>HOST/udp/PORT/webrtc-direct</c>, any number of <c>/certhash</c>.</summary>
    WebRtcDirect,

    /// <summary><c>RELAY/p2p-circuit</c>.</summary>
    Circuit,

    /// <summary><c>RELAY/p2p-circuit/webrtc</c>.</summary>
    WebRtc,

    /// <summary><c>/memory/NUMBER</c>.</summary>
    Memory,

    /// <summary><c>/unix/PATH</c>.</summary>
    Unix,
}
