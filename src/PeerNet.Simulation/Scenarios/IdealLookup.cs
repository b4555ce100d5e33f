using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Simulation.Nodes;

namespace PeerNet.Simulation.Scenarios;

/// <summary>
/// The floor that lookups are held against: synchronous rounds of ten requests over the same tables, always the nearest not yet asked of the
/// twenty nearest known, until all of these have been asked.
/// </summary>
internal static class IdealLookup
{
    /// <summary>Counts what it takes.</summary>
    public static (int Messages, int Rounds) Run(IReadOnlyDictionary<PeerId, SimulatedNode> nodes, SimulatedNode from, KadKey target)
    {
        var known = new SortedDictionary<Distance, PeerId>();
        var heard = new HashSet<PeerId> { from.Peer };
        var asked = new HashSet<PeerId>();
        Hear(from);
        var (messages, rounds) = (0, 0);
        while (true)
        {
            var next = known.Take(KadProtocol.BucketSize).Where(peer => !asked.Contains(peer.Value)).Take(KadProtocol.Alpha).ToArray();
            if (next.Length == 0)
                return (messages, rounds);
            rounds++;
            messages += next.Length;
            foreach (var (distance, peer) in next)
            {
                asked.Add(peer);
                if (nodes.TryGetValue(peer, out var node))
                    Hear(node);
                else
                    known.Remove(distance);
            }
        }

        void Hear(SimulatedNode node)
        {
            foreach (var (distance, peer) in node.Kad.GetTable().Select(member => (KadKey.Of(member.Peer).DistanceTo(target), member.Peer)).OrderBy(member => member.Item1).Take(KadProtocol.BucketSize))
            {
                if (heard.Add(peer))
                    known.Add(distance, peer);
            }
        }
    }
}
