namespace PeerNet.Connections.Transports.Tcp;

/// <summary>How TCP connections are made.</summary>
public sealed record TcpOptions
{
    /// <summary>Default of <see cref="ConnectTimeout"/>, as in go-libp2p: two lost SYNs and an answer from far away.</summary>
    public static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Default of <see cref="KeepAliveInterval"/>, as in go-libp2p.</summary>
    public static readonly TimeSpan DefaultKeepAliveInterval = TimeSpan.FromSeconds(30);

    /// <summary>Default of <see cref="Backlog"/>: what Linux allows since 5.4; smaller systems cut it to their own limit.</summary>
    public const int DefaultBacklog = 4096;

    /// <summary>How long a connection may take to come up, before any upgrade. By default <see cref="DefaultConnectTimeout"/>.</summary>
    public TimeSpan ConnectTimeout { get; init; } = DefaultConnectTimeout;

    /// <summary>
    /// After how much silence the kernel asks the other end whether it is alive, and how often again. By default <see cref="DefaultKeepAliveInterval"/>.
    /// </summary>
    public TimeSpan KeepAliveInterval { get; init; } = DefaultKeepAliveInterval;

    /// <summary>Connections that the kernel holds until they are accepted. By default <see cref="DefaultBacklog"/>.</summary>
    public int Backlog { get; init; } = DefaultBacklog;

    /// <summary>
    /// Whether dials leave from a listening port, so that the peer observes the address on which this node can be reached; hole punching lives
    /// on it. Only where the system can share a port (Linux, macOS). On by default.
    /// </summary>
    public bool ReusePort { get; init; } = true;
}
