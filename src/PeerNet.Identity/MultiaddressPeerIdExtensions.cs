using System.Diagnostics.CodeAnalysis;
using PeerNet.Multiformats;

namespace PeerNet.Identity;

/// <summary>The <c>/p2p</c> component of a <see cref="Multiaddress"/> as a <see cref="PeerId"/> (addressing specification, "p2p").</summary>
public static class MultiaddressPeerIdExtensions
{
    /// <summary>
    /// The peer that answers at the end of the address: the last <c>/p2p</c>. False if there is none, and for
    /// <c>…/p2p/RELAY/p2p-circuit</c>, where the only peer named is on the way and not at the end.
    /// </summary>
    public static bool TryGetPeerId(this Multiaddress address, [NotNullWhen(true)] out PeerId? id)
    {
        ArgumentNullException.ThrowIfNull(address);
        id = null;
        var index = address.LastIndexOf(MultiaddressCodes.P2p);
        return index > address.LastIndexOf(MultiaddressCodes.P2pCircuit)
            && PeerId.TryDecode(address.Components[index].Value.Span, out id);
    }

    /// <summary>The address with <c>/p2p/<paramref name="id"/></c> at its end, in place of a peer id that stands there.</summary>
    /// <exception cref="ArgumentException">Nothing can follow this address, or it would become too long.</exception>
    public static Multiaddress WithPeerId(this Multiaddress address, PeerId id)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(id);
        if (address.Components[^1].Code == MultiaddressCodes.P2p)
        {
            if (address.Components[^1].Value.Span.SequenceEqual(id.Bytes.Span))
                return address;
            if (address.Count == 1)
                return Multiaddress.Create(new MultiaddressComponent(MultiaddressCodes.P2p, id.Bytes));
        }

        return address.WithoutPeerId().Encapsulate(MultiaddressCodes.P2p, id.Bytes.Span);
    }

    /// <summary>The address without a <c>/p2p</c> at its very end. An address that is nothing else stays as it is.</summary>
    public static Multiaddress WithoutPeerId(this Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.Components[^1].Code == MultiaddressCodes.P2p ? address.Slice(0, address.Count - 1) ?? address : address;
    }
}
