using PeerNet.Multiformats;

namespace PeerNet.Swarm.Peers;

/// <summary>One address in the peer store.</summary>
/// <param name="Address">The address, without the peer's own id at its end.</param>
/// <param name="Source">Where it was learned first.</param>
/// <param name="Ttl">The time it was given.</param>
/// <param name="Remaining">How much of that is left; <see cref="TimeSpan.MaxValue"/> when it does not run out.</param>
/// <param name="IsCertified">Whether the peer's own signed record names it.</param>
/// <param name="LastDialSucceeded">Whether the last dial worked; null when it was never tried.</param>
public sealed record StoredAddress(
    Multiaddress Address,
    AddressSource Source,
    TimeSpan Ttl,
    TimeSpan Remaining,
    bool IsCertified,
    bool? LastDialSucceeded);
