using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Core.Resources;

/// <summary>Who opened a connection or a stream.</summary>
public enum Direction
{
    /// <summary>The peer did.</summary>
    Inbound,

    /// <summary>This node did.</summary>
    Outbound,
}

/// <summary>A refusal that names the scope and the limit that was reached.</summary>
/// <param name="Scope">The scope, such as <c>system</c> or <c>peer:12D3…</c>.</param>
/// <param name="Limit">The limit's name, such as <c>streams.inbound</c>.</param>
/// <param name="Used">What is in use.</param>
/// <param name="Requested">What was asked for on top.</param>
/// <param name="Maximum">The limit.</param>
public readonly record struct ResourceRefusal(string Scope, string Limit, long Used, long Requested, long Maximum)
{
    /// <inheritdoc />
    public override string ToString() => $"Resource limit reached: {Scope} {Limit} ({Used} used + {Requested} > {Maximum}).";
}

/// <summary>
/// Limits what connections, streams and buffers a node holds. Scopes form a tree that every reservation climbs:
/// <code>
/// system ─┬─ transient ─┐           (not yet a known peer, or not yet a known protocol)
///         ├─ protocol ──┼─ stream
///         └─ peer ──────┴─ connection
/// </code>
/// A reservation fails when any scope on its way up is full. Callers then do with less: a muxer keeps its old window, a listener closes
/// the connection, a handler resets the stream. The unit of memory is the byte. All members are safe to call from any thread.
/// </summary>
public interface IResourceManager
{
    /// <summary>Opens a scope for a new connection, at first under the transient scope.</summary>
    bool TryOpenConnection(Direction direction, bool usesFileDescriptor, Multiaddress remote, out IConnectionScope? scope, out ResourceRefusal refusal);

    /// <summary>Opens a scope for a new stream of a peer, at first under the transient scope.</summary>
    bool TryOpenStream(PeerId peer, Direction direction, out IStreamScope? scope, out ResourceRefusal refusal);
}

/// <summary>A place that memory is accounted to. Disposing returns all that is still reserved; it is idempotent.</summary>
public interface IResourceScope : IDisposable
{
    /// <summary>Reserves memory, or says which limit forbids it.</summary>
    bool TryReserveMemory(long bytes, out ResourceRefusal refusal);

    /// <summary>Returns memory reserved before.</summary>
    void ReleaseMemory(long bytes);
}

/// <summary>The scope of one connection.</summary>
public interface IConnectionScope : IResourceScope
{
    /// <summary>
    /// Moves the connection from the transient scope to its peer's, once the peer is authenticated: the upgrade does it, or the transport that
    /// is born secure. Repeating it with the same peer changes nothing.
    /// </summary>
    bool TrySetPeer(PeerId peer, out ResourceRefusal refusal);
}

/// <summary>The scope of one stream.</summary>
public interface IStreamScope : IResourceScope
{
    /// <summary>Moves the stream from the transient scope to its protocol's, once that is negotiated.</summary>
    bool TrySetProtocol(ProtocolId protocol, out ResourceRefusal refusal);
}
