using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Table;

/// <summary>A peer has got a place in a routing table, or lost it.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Bucket">The length of the prefix that it shares with this node.</param>
/// <param name="IsMember">Whether it has a place now.</param>
public readonly record struct TableChange(PeerId Peer, int Bucket, bool IsMember);
