using PeerNet.Core;
using PeerNet.Identity;

namespace PeerNet.Swarm.Resources;

/// <summary>What one peer holds, in all and of each protocol.</summary>
internal sealed class PeerLedger : SharedLedger<PeerId>
{
    /// <summary>Implementation limit: protocols of one peer whose ledgers are kept while it uses them no more.</summary>
    private const int IdleProtocolsKept = 16;

    public PeerLedger(PeerId peer, ResourceLimits limits, Func<ProtocolId, ResourceLimits> protocolLimits)
        : base("peer", peer, limits)
        => Protocols = new LedgerTable<ProtocolId, ProtocolPeerLedger>(protocol => new ProtocolPeerLedger(protocol, peer, protocolLimits(protocol)), IdleProtocolsKept);

    public LedgerTable<ProtocolId, ProtocolPeerLedger> Protocols { get; }
}

/// <summary>What one peer holds of one protocol.</summary>
internal sealed class ProtocolPeerLedger(ProtocolId protocol, PeerId peer, ResourceLimits limits) : SharedLedger<ProtocolId>("protocol-peer", protocol, limits)
{
    public override string Name => $"{base.Name}:{peer}";
}
