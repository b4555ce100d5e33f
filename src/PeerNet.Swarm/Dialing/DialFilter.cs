using PeerNet.Core.Errors;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Dialing;

/// <summary>Which addresses of a peer are worth an attempt, names resolved. Thread-safe.</summary>
/// <param name="context">The swarm.</param>
/// <param name="defences">What failed a moment ago.</param>
/// <param name="isOwn">Whether this node listens on an address.</param>
internal sealed class DialFilter(SwarmContext context, DialDefences defences, Func<Multiaddress, bool> isOwn)
{
    /// <summary>
    /// The address to dial, without the peer's id; or why not. An address that no transport takes, or that names no host, is
    /// <see cref="DialFailure.NoAddresses"/>.
    /// </summary>
    public DialFailure? Check(PeerId? peer, Multiaddress address, ConnectOptions options, out Multiaddress target)
    {
        target = address.WithoutPeerId();
        if (address.TryGetPeerId(out var named) && peer is not null && named != peer)
            return DialFailure.NoAddresses;
        target = target.ToComparable();
        if (!LeadsSomewhere(target) || TransportFor(target) is null)
            return DialFailure.NoAddresses;
        if (isOwn(target) || IsOwnRelay(target))
            return DialFailure.Self;
        if (target.IsCircuit() && (options.Force || !options.AllowLimited))
            return DialFailure.NoAddresses;
        if (!context.Gater.AllowDial(peer, target))
            return DialFailure.Gated;
        if (options.Force || options.IgnoreBackoff)
            return null;
        if (peer is not null && defences.IsBackingOff(peer, target))
            return DialFailure.BackingOff;
        return defences.AllowClass(target) ? null : DialFailure.LocalNetwork;
    }

    /// <summary>The transport that dials an address, or null.</summary>
    public ITransport? TransportFor(Multiaddress address)
    {
        foreach (var transport in context.Transports)
        {
            if (transport.CanDial(address))
                return transport;
        }

        return null;
    }

    // A group or an unspecified address is no host; fe80 without a zone is some host on any of the links.
    private static bool LeadsSomewhere(Multiaddress address)
    {
        if (address.TryGetPort(out var port) && port == 0)
            return false;
        return address.GetScope() switch
        {
            AddressScope.Unspecified or AddressScope.Multicast => false,
            AddressScope.LinkLocal => address.TryGet(MultiaddressCodes.Ip4, out _) || address.TryGetZone(out _),
            _ => true,
        };
    }

    private bool IsOwnRelay(Multiaddress address)
        => address.TrySplitCircuit(out var relay, out _) && relay is not null && relay.TryGetPeerId(out var peer) && peer == context.LocalPeer;
}
