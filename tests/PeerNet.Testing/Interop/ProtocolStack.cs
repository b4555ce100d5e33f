namespace PeerNet.Testing.Interop;

/// <summary>A transport and what secures it, named as the peers' flags name them. QUIC brings its own TLS.</summary>
public sealed record ProtocolStack(string Transport, string Security)
{
    public static readonly ProtocolStack TcpNoise = new("tcp", "noise");
    public static readonly ProtocolStack TcpTls = new("tcp", "tls");
    public static readonly ProtocolStack WsNoise = new("ws", "noise");
    public static readonly ProtocolStack WsTls = new("ws", "tls");
    public static readonly ProtocolStack WssNoise = new("wss", "noise");
    public static readonly ProtocolStack WssTls = new("wss", "tls");
    public static readonly ProtocolStack PrivateTcpNoise = TcpNoise with { IsPrivate = true };
    public static readonly ProtocolStack Quic = new("quic", "tls");

    /// <summary>Every stack of public networks that all of the large implementations speak.</summary>
    public static IReadOnlyList<ProtocolStack> All { get; } = [TcpNoise, TcpTls, WsNoise, WsTls, Quic];

    /// <summary>Whether the network has a pre-shared key: the one in <c>testdata/interop</c>.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>The loopback address to listen on.</summary>
    public string ListenAddress => Transport switch
    {
        "tcp" => "/ip4/127.0.0.1/tcp/0",
        "ws" => "/ip4/127.0.0.1/tcp/0/ws",
        "wss" => "/ip4/127.0.0.1/tcp/0/tls/ws",
        "quic" => "/ip4/127.0.0.1/udp/0/quic-v1",
        _ => throw new InvalidOperationException($"No listen address is known for {Transport}."),
    };

    /// <summary>Whether an address is one of this transport. Secure WebSocket has two spellings.</summary>
    public bool Carries(string address) => Transport switch
    {
        "tcp" => address.Contains("/tcp/") && !address.Contains("/ws"),
        "ws" => address.Contains("/ws") && !IsSecureWebSocket(address),
        "wss" => IsSecureWebSocket(address),
        _ => address.Contains("/quic-v1") && !address.Contains("/webtransport"),
    };

    /// <summary>As in a test's name: <c>tcp/noise</c>.</summary>
    public override string ToString() => Transport == "quic" ? "quic" : $"{(IsPrivate ? "pnet/" : "")}{Transport}/{Security}";

    private static bool IsSecureWebSocket(string address) => address.Contains("/wss") || address.Contains("/tls/");
}
