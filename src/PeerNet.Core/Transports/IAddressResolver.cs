using PeerNet.Multiformats;

namespace PeerNet.Core.Transports;

/// <summary>
/// Replaces names in addresses (<c>/dns</c>, <c>/dns4</c>, <c>/dns6</c>, <c>/dnsaddr</c>) by what they stand for. To be called for an address
/// that is about to be dialled and never for addresses that a peer merely told us. Thread-safe.
/// </summary>
public interface IAddressResolver
{
    /// <summary>Whether the part of the address that would be dialled holds a name.</summary>
    bool NeedsResolution(Multiaddress address);

    /// <summary>
    /// The addresses behind the names, without repetition; the address itself when it has none. An empty result means that the names exist
    /// but nothing fits the address.
    /// </summary>
    /// <exception cref="Errors.NameResolutionException">No name server gave an answer.</exception>
    ValueTask<IReadOnlyList<Multiaddress>> ResolveAsync(Multiaddress address, CancellationToken token = default);
}
