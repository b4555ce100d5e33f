using PeerNet.Multiformats;

namespace PeerNet.Swarm;

/// <summary>How to connect to a peer.</summary>
public sealed record ConnectOptions
{
    /// <summary>The defaults.</summary>
    public static ConnectOptions Default { get; } = new();

    /// <summary>Addresses to try besides those in the peer store; they are kept there for a short time.</summary>
    public IReadOnlyList<Multiaddress> Addresses { get; init; } = [];

    /// <summary>Whether to try <see cref="Addresses"/> alone.</summary>
    public bool OnlyTheseAddresses { get; init; }

    /// <summary>Whether to make a new connection although there is one. Such a dial is not shared with others and never uses a relay.</summary>
    public bool Force { get; init; }

    /// <summary>Whether to dial from an ephemeral port rather than from a listening one.</summary>
    public bool NoPortReuse { get; init; }

    /// <summary>Whether to try addresses that failed a moment ago.</summary>
    public bool IgnoreBackoff { get; init; }

    /// <summary>Whether this end plays the initiator in the handshake. False only in a hole punch, for the peer that is to be the server.</summary>
    public bool IsInitiator { get; init; } = true;

    /// <summary>Whether a connection through a relay with limits will do. When false, such a connection does not count as connected.</summary>
    public bool AllowLimited { get; init; } = true;

    /// <summary>The longest that the whole attempt may take; null takes <see cref="Dialing.DialOptions.PeerTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>How to open a stream.</summary>
public sealed record StreamOptions
{
    /// <summary>The defaults.</summary>
    public static StreamOptions Default { get; } = new();

    /// <summary>Whether the stream may run over a relay with limits.</summary>
    public bool AllowLimited { get; init; }

    /// <summary>
    /// How long to wait for a direct connection, such as a hole punch makes, when there is only one over a relay with limits and that is not
    /// allowed. Zero fails at once.
    /// </summary>
    public TimeSpan WaitForDirect { get; init; }

    /// <summary>Whether to dial when there is no connection.</summary>
    public bool DialIfNeeded { get; init; } = true;

    /// <summary>
    /// Whether to take the peer's consent for granted when it is known to speak the protocol: one round trip less. A refusal then shows at the
    /// first read.
    /// </summary>
    public bool AllowLazyNegotiation { get; init; } = true;

    /// <summary>The longest that opening and negotiating may take; null takes <see cref="Streams.StreamLimits.NegotiationTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }
}
