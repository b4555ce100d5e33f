using PeerNet.Identity;
using PeerNet.Protocols.Kad.Lookups;

namespace PeerNet.Protocols.Kad;

/// <summary>What a lookup found.</summary>
/// <param name="Closest">The nearest peers that answered, nearest first, with their addresses.</param>
/// <param name="Outcome">How the lookup ended.</param>
/// <param name="Requests">Requests made.</param>
/// <param name="Failures">Requests that failed.</param>
/// <param name="Rounds">The longest chain of requests that led to one another.</param>
public sealed record ClosestPeersResult(IReadOnlyList<KadPeer> Closest, LookupOutcome Outcome, int Requests, int Failures, int Rounds)
{
    /// <summary>Whether the lookup ended before it had come to the nearest peers.</summary>
    public bool IsPartial => Outcome is LookupOutcome.TimedOut or LookupOutcome.Exhausted;
}

/// <summary>What came of looking for a peer.</summary>
/// <param name="Peer">The peer with the addresses that others named, or that it is connected at.</param>
/// <param name="IsConnected">Whether it is connected; otherwise the addresses are hearsay.</param>
public sealed record FoundPeer(KadPeer Peer, bool IsConnected);

/// <summary>What came of announcing or storing a record.</summary>
/// <param name="Stored">Peers that took it. A provider record is not answered: those that it was sent to.</param>
/// <param name="Failed">Peers that did not, each with the reason.</param>
/// <param name="Outcome">How the lookup of the peers to store it at ended.</param>
/// <param name="Requests">Requests of that lookup.</param>
public sealed record PublishResult(IReadOnlyList<PeerId> Stored, IReadOnlyList<(PeerId Peer, string Reason)> Failed, LookupOutcome Outcome, int Requests);

/// <summary>A value that was found.</summary>
/// <param name="Value">The value: good, and the best of the copies seen.</param>
/// <param name="Copies">Good copies that peers had.</param>
/// <param name="Outcome">How the lookup ended; stopped when the quorum was reached.</param>
/// <param name="Requests">Requests made.</param>
public sealed record FoundValue(ReadOnlyMemory<byte> Value, int Copies, LookupOutcome Outcome, int Requests);
