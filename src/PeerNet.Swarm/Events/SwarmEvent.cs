using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Events;

/// <summary>Something that happened in the swarm. Decide by type.</summary>
/// <param name="At">When, by the node's clock.</param>
public abstract record SwarmEvent(DateTimeOffset At);

/// <summary>The subscriber was too slow: events are missing here. What is connected now can be read from the swarm.</summary>
/// <param name="At">When the gap was noticed.</param>
/// <param name="Count">How many are missing.</param>
public sealed record EventsMissed(DateTimeOffset At, long Count) : SwarmEvent(At);

/// <summary>The first connection to a peer is open.</summary>
public sealed record PeerConnected(DateTimeOffset At, PeerId Peer, PeerConnection Connection) : SwarmEvent(At);

/// <summary>The last connection to a peer has ended.</summary>
public sealed record PeerDisconnected(DateTimeOffset At, PeerId Peer) : SwarmEvent(At);

/// <summary>A connection is open; the peer is authenticated and admitted.</summary>
public sealed record ConnectionOpened(DateTimeOffset At, PeerConnection Connection) : SwarmEvent(At);

/// <summary>A connection has ended.</summary>
/// <param name="At">When.</param>
/// <param name="Connection">Which.</param>
/// <param name="Reason">Who ended it, and how.</param>
/// <param name="Code">The code that came with it; see <see cref="ErrorCodes"/>.</param>
public sealed record ConnectionClosed(DateTimeOffset At, PeerConnection Connection, ConnectionCloseReason Reason, uint Code) : SwarmEvent(At);

/// <summary>A peer could not be dialled.</summary>
public sealed record DialFailed(DateTimeOffset At, PeerId? Peer, DialException Error) : SwarmEvent(At);

/// <summary>An inbound connection did not come up, or was refused.</summary>
/// <param name="At">When.</param>
/// <param name="Local">This end.</param>
/// <param name="Remote">The other end.</param>
/// <param name="Reason">A short word for a metric: <c>gated</c>, <c>limit</c>, <c>upgrade</c>, <c>self</c>, <c>shutdown</c>.</param>
/// <param name="Error">The underlying error, where there is one.</param>
public sealed record InboundFailed(DateTimeOffset At, Multiaddress Local, Multiaddress Remote, string Reason, Exception? Error) : SwarmEvent(At);

/// <summary>The node's own addresses are not what they were.</summary>
/// <param name="At">When.</param>
/// <param name="Listening">Bound addresses, expanded to the interfaces.</param>
/// <param name="Advertised">Addresses that others are told.</param>
public sealed record ListenAddressesChanged(DateTimeOffset At, IReadOnlyList<Multiaddress> Listening, IReadOnlyList<Multiaddress> Advertised) : SwarmEvent(At);

/// <summary>The node serves other protocols than before.</summary>
public sealed record ProtocolsChanged(DateTimeOffset At, IReadOnlyList<ProtocolId> Added, IReadOnlyList<ProtocolId> Removed) : SwarmEvent(At);

/// <summary>A peer told what it is, by identify or an identify push; the peer store has it already.</summary>
/// <param name="At">When.</param>
/// <param name="Connection">Over which connection.</param>
/// <param name="Identity">What it told.</param>
/// <param name="IsPush">Whether the peer sent it unasked, because something changed.</param>
public sealed record PeerIdentified(DateTimeOffset At, PeerConnection Connection, PeerIdentity Identity, bool IsPush) : SwarmEvent(At);

/// <summary>Enough observers agree on an external address of this node, or do so no longer. It is a candidate: reachability is not shown.</summary>
public sealed record ObservedAddressChanged(DateTimeOffset At, Multiaddress Address, bool IsActive) : SwarmEvent(At);

/// <summary>A peer did what its protocol forbids. The one place where such faults are told, whatever the protocol.</summary>
public sealed record MisbehaviourReported(DateTimeOffset At, PeerId Peer, Misbehaviour Misbehaviour) : SwarmEvent(At);

/// <summary>A peer's fault.</summary>
/// <param name="Protocol">The protocol that was broken.</param>
/// <param name="Kind">A short stable word for metrics, such as <c>malformed</c>, <c>flood</c>, <c>forged-record</c>.</param>
/// <param name="Detail">What it did, for a person.</param>
public sealed record Misbehaviour(string Protocol, string Kind, string Detail);

/// <summary>What a peer told about itself.</summary>
public sealed record PeerIdentity
{
    /// <summary>Its software, cleaned for display; null when it did not say.</summary>
    public string? AgentVersion { get; init; }

    /// <summary>The family of protocols it speaks, such as <c>ipfs/0.1.0</c>.</summary>
    public string? ProtocolVersion { get; init; }

    /// <summary>Protocols it serves.</summary>
    public IReadOnlyList<ProtocolId> Protocols { get; init; } = [];

    /// <summary>Addresses it listens on.</summary>
    public IReadOnlyList<Multiaddress> ListenAddresses { get; init; } = [];

    /// <summary>This node's address as the peer sees it.</summary>
    public Multiaddress? ObservedAddress { get; init; }

    /// <summary>Its signed record, an envelope that verified; empty when it sent none.</summary>
    public ReadOnlyMemory<byte> SignedRecord { get; init; }
}
