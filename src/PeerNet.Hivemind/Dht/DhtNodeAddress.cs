using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>A node of the table: its place, and the peer that is there.</summary>
/// <param name="Id">Its place.</param>
/// <param name="Peer">The peer.</param>
public readonly record struct DhtNodeAddress(DhtId Id, PeerId Peer);
