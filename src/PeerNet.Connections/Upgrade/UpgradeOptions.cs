namespace PeerNet.Connections.Upgrade;

/// <summary>How raw connections become authenticated, multiplexed ones.</summary>
public sealed record UpgradeOptions
{
    /// <summary>Default of <see cref="InboundTimeout"/>, as in go-libp2p.</summary>
    public static readonly TimeSpan DefaultInboundTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Default of <see cref="OutboundTimeout"/>, as in rust-libp2p.</summary>
    public static readonly TimeSpan DefaultOutboundTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Default of <see cref="MaxPendingInbound"/>. A pending upgrade holds a socket, a handshake state and a small block: 256 of them are some
    /// 2 MiB, and at a tenth of a second each they admit thousands of honest peers a second.
    /// </summary>
    public const int DefaultMaxPendingInbound = 256;

    /// <summary>Default of <see cref="GreetingDelay"/>.</summary>
    public static readonly TimeSpan DefaultGreetingDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>How long an inbound connection may take, from its acceptance to its multiplexer. By default <see cref="DefaultInboundTimeout"/>.</summary>
    public TimeSpan InboundTimeout { get; init; } = DefaultInboundTimeout;

    /// <summary>How long an outbound connection may take, from its raw connection to its multiplexer. By default <see cref="DefaultOutboundTimeout"/>.</summary>
    public TimeSpan OutboundTimeout { get; init; } = DefaultOutboundTimeout;

    /// <summary>
    /// Inbound connections of one transport that may be on their way up at once; by default <see cref="DefaultMaxPendingInbound"/>. At the limit
    /// a new connection takes the place of the oldest one from the busiest group of addresses.
    /// </summary>
    public int MaxPendingInbound { get; init; } = DefaultMaxPendingInbound;

    /// <summary>
    /// How long a listener lets a silent dialer go first before it sends its negotiation header unasked. Short of it, header and answer leave
    /// in one piece. By default <see cref="DefaultGreetingDelay"/>.
    /// </summary>
    public TimeSpan GreetingDelay { get; init; } = DefaultGreetingDelay;

    /// <summary>
    /// Whether the first security protocol is proposed together with its first message when there are several. It saves a round trip with
    /// every peer that has it, and costs the connection with every peer that has only another. With a single protocol it is always so.
    /// </summary>
    public bool ProposeFirstSecurityLazily { get; init; }

    /// <summary>
    /// Whether the multiplexer is started before the peer's answer to its proposal, where the security handshake has not settled it and there
    /// is one to propose. It saves a round trip; a peer without it shows as a connection that ends at once. On by default.
    /// </summary>
    public bool StartMuxerLazily { get; init; } = true;
}
