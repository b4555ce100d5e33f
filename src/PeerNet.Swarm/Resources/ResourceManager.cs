using PeerNet.Core;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Resources;

/// <summary>
/// Limits what the node holds, in a tree of scopes:
/// <code>
/// system ─┬─ transient ──────────────────┐   a connection without a known peer, a stream without a known protocol
///         ├─ protocol ── protocol of peer┼─ stream
///         └─ peer ───────────────────────┴─ connection
/// </code>
/// Every reservation climbs the tree, the single peer's scope first, so that a peer that is over its own limit takes nothing from what all
/// share. A refusal takes back what was taken below it and names the scope and the limit. Scopes of peers and protocols go when nobody uses
/// them. Synchronous and nearly free of locks: it is asked for every stream.
/// </summary>
public sealed class ResourceManager : IResourceManager
{
    /// <summary>Implementation limit: scopes of peers that are gone, kept because peers come back.</summary>
    private const int IdlePeersKept = 64;

    /// <summary>Implementation limit: scopes of protocols without a stream; a node's own protocols are fewer.</summary>
    private const int IdleProtocolsKept = 128;

    private readonly ResourceManagerOptions _options;
    private readonly LedgerTable<PeerId, PeerLedger> _peers;
    private readonly LedgerTable<ProtocolId, SharedLedger<ProtocolId>> _protocols;
    private long _refusals;

    /// <summary>Creates a manager with limits.</summary>
    public ResourceManager(ResourceManagerOptions? options = null)
    {
        _options = options ?? ResourceManagerOptions.ForThisMachine();
        System = new NamedLedger("system", _options.System);
        Transient = new NamedLedger("transient", _options.Transient);
        _peers = new LedgerTable<PeerId, PeerLedger>(
            peer => new PeerLedger(peer, _options.PerPeer, protocol => _options.ProtocolPeers.GetValueOrDefault(protocol, _options.PerProtocolPeer)),
            IdlePeersKept);
        _protocols = new LedgerTable<ProtocolId, SharedLedger<ProtocolId>>(
            protocol => new SharedLedger<ProtocolId>("protocol", protocol, _options.Protocols.GetValueOrDefault(protocol, _options.PerProtocol)),
            IdleProtocolsKept);
    }

    /// <summary>Reservations refused so far.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    /// <summary>What the whole node holds.</summary>
    public ResourceUsage SystemUsage => System.Read();

    /// <summary>What connections without a peer and streams without a protocol hold.</summary>
    public ResourceUsage TransientUsage => Transient.Read();

    internal Ledger System { get; }

    internal Ledger Transient { get; }

    /// <summary>What each peer holds.</summary>
    public IReadOnlyList<ResourceUsage> GetPeerUsage() => [.. _peers.Ledgers.Where(ledger => !ledger.IsEmpty).Select(ledger => ledger.Read())];

    /// <summary>What each protocol holds.</summary>
    public IReadOnlyList<ResourceUsage> GetProtocolUsage() => [.. _protocols.Ledgers.Where(ledger => !ledger.IsEmpty).Select(ledger => ledger.Read())];

    /// <inheritdoc />
    public bool TryOpenConnection(Direction direction, bool usesFileDescriptor, Multiaddress remote, out IConnectionScope? scope, out ResourceRefusal refusal)
    {
        scope = null;
        if (!Transient.TryAddConnection(direction, usesFileDescriptor, out refusal))
            return Refused();
        if (!System.TryAddConnection(direction, usesFileDescriptor, out refusal))
        {
            Transient.RemoveConnection(direction, usesFileDescriptor);
            return Refused();
        }

        scope = new ConnectionScope(this, _options.PerConnection, direction, usesFileDescriptor);
        return true;
    }

    /// <inheritdoc />
    public bool TryOpenStream(PeerId peer, Direction direction, out IStreamScope? scope, out ResourceRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(peer);
        scope = null;
        var owner = EnterPeer(peer);
        if (owner.TryAddStream(direction, out refusal))
        {
            if (Transient.TryAddStream(direction, out refusal))
            {
                if (System.TryAddStream(direction, out refusal))
                {
                    scope = new StreamScope(this, owner, _options.PerStream, direction);
                    return true;
                }

                Transient.RemoveStream(direction);
            }

            owner.RemoveStream(direction);
        }

        LeavePeer(owner);
        return Refused();
    }

    /// <summary>Scopes of peers and protocols that exist, in use or kept.</summary>
    internal int KnownScopes => _peers.Count + _protocols.Count;

    internal PeerLedger EnterPeer(PeerId peer) => _peers.Enter(peer);

    internal void LeavePeer(PeerLedger ledger) => _peers.Leave(ledger);

    internal SharedLedger<ProtocolId> EnterProtocol(ProtocolId protocol) => _protocols.Enter(protocol);

    internal void LeaveProtocol(SharedLedger<ProtocolId> ledger) => _protocols.Leave(ledger);

    internal bool Refused()
    {
        Interlocked.Increment(ref _refusals);
        return false;
    }

    /// <summary>Takes away the scopes that nobody uses.</summary>
    internal void Trim()
    {
        _protocols.Trim();
        _peers.Trim();
    }

    private sealed class NamedLedger(string name, ResourceLimits limits) : Ledger(limits)
    {
        public override string Name => name;
    }
}
