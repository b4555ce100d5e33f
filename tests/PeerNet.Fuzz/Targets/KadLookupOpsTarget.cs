using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Lookups;

namespace PeerNet.Fuzz.Targets;

/// <summary>Operations on a lookup: the first byte is the number of seeds, then an operation each.</summary>
public sealed class KadLookupOpsTarget : IFuzzTarget
{
    private static readonly KadKey Target = KadKey.Of("target"u8);
    private static readonly PeerId[] Peers = MakePeers();

    public static string Name => "kad-lookup-ops";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        var now = new Instant(0);
        var options = new LookupOptions { Count = 6, Alpha = 3, MaxRequests = 40 };
        var lookup = new ClosestPeersLookup(Target, Peers[0], Peers.Take(data[0] % 32), options, now);
        var asked = new HashSet<PeerId>();
        var pending = new List<PeerId>();
        for (var i = 1; i < data.Length && !lookup.IsFinished; i++)
        {
            while (lookup.TryNextRequest(now, out var peer))
            {
                Oracle.Require(asked.Add(peer), "nobody is asked twice");
                Oracle.Require(peer != Peers[0], "the node does not ask itself");
                pending.Add(peer);
            }

            Oracle.Require(lookup.Requests <= options.MaxRequests, "requests are bounded");
            Oracle.Require(pending.Count <= options.Alpha * 3, "requests under way are bounded");
            Oracle.Require(lookup.IsFinished || pending.Count > 0, "a lookup that runs waits for somebody");
            if (lookup.IsFinished)
                break;
            var at = pending.Count == 0 ? 0 : data[i] / 4 % pending.Count;
            switch (data[i] % 4)
            {
                case 0 or 1:
                    var from = i + 1 < data.Length ? data[i + 1] % Peers.Length : 0;
                    lookup.OnAnswered(pending[at], Peers.Skip(from).Take(data[i] / 16));
                    pending.RemoveAt(at);
                    break;
                case 2:
                    lookup.OnFailed(pending[at]);
                    pending.RemoveAt(at);
                    break;
                default:
                    now = lookup.NextDeadline!.Value;
                    foreach (var silent in lookup.HandleDeadline(now))
                        pending.Remove(silent);
                    break;
            }
        }

        var closest = lookup.GetClosest();
        Oracle.Require(closest.Count <= options.Count && closest.All(asked.Contains), "the result is of those asked");
    }

    private static PeerId[] MakePeers()
    {
        var random = new Random(1);
        var peers = new PeerId[120];
        var digest = new byte[32];
        for (var i = 0; i < peers.Length; i++)
        {
            random.NextBytes(digest);
            if (!PeerId.TryDecode(Multihash.FromDigest(MultihashCode.Sha256, digest).Bytes.Span, out var peer))
                throw new FuzzFindingException("a SHA-256 multihash is a peer id");
            peers[i] = peer;
        }

        return peers;
    }
}
