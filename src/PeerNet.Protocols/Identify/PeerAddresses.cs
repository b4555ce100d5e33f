using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Identify;

/// <summary>Which addresses may be told to a peer, and taken from one. Pure.</summary>
internal static class PeerAddresses
{
    /// <summary>
    /// Codes that go, rust and js all read. An address with any other stays out of a signed record: one that does not parse voids the whole
    /// record in rust and js.
    /// </summary>
    private static readonly HashSet<ulong> CommonCodes =
    [
        MultiaddressCodes.Ip4, MultiaddressCodes.Ip6, MultiaddressCodes.Dns, MultiaddressCodes.Dns4, MultiaddressCodes.Dns6, MultiaddressCodes.DnsAddr,
        MultiaddressCodes.Tcp, MultiaddressCodes.Udp, MultiaddressCodes.QuicV1, MultiaddressCodes.Ws, MultiaddressCodes.Wss, MultiaddressCodes.Tls,
        MultiaddressCodes.Sni, MultiaddressCodes.P2p, MultiaddressCodes.P2pCircuit, MultiaddressCodes.WebTransport, MultiaddressCodes.Certhash,
        MultiaddressCodes.WebRtcDirect, MultiaddressCodes.WebRtc,
    ];

    /// <summary>
    /// The address without a trailing id of its owner; null when it names somebody else, or nothing besides the owner. Behind a circuit the id
    /// names the target, the owner itself.
    /// </summary>
    public static Multiaddress? WithoutOwner(Multiaddress address, PeerId owner)
    {
        var last = address.Components[^1];
        if (last.Code != MultiaddressCodes.P2p)
            return address;
        return last.Value.Span.SequenceEqual(owner.Bytes.Span) ? address.Slice(0, address.Count - 1) : null;
    }

    /// <summary>Whether every libp2p implementation can read the address.</summary>
    public static bool IsCommon(Multiaddress address)
    {
        foreach (var component in address.Components)
        {
            if (!CommonCodes.Contains(component.Code))
                return false;
        }

        return true;
    }
}
