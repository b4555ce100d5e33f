using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Moe;

/// <summary>An expert and who serves it.</summary>
/// <param name="Uid">The expert.</param>
/// <param name="Peer">The server.</param>
public sealed record ExpertLocation(ExpertUid Uid, PeerId Peer);

/// <summary>
/// The records of experts:
/// <code>
/// key "ffn.5.6.7"                  value: peer id text
/// key "ffn.5.6."   subkey 7        value: tuple ( "ffn.5.6.7", peer id text )
/// key "ffn.5."     subkey 6        value: the same
/// key "one.3."     subkey -1       value: tuple ( "one.3", peer id text )
/// key "nobody.1."  subkey -1       value: nil   (looked for in vain)
/// </code>
/// </summary>
internal static class ExpertRecords
{
    /// <summary>The records that announce experts. Where two of them have the same key and subkey, the later expert's stays, as in Python.</summary>
    public static IReadOnlyList<DhtStoreItem> Declare(IEnumerable<ExpertUid> uids, PeerId peer, DhtExpiration expiration)
    {
        var text = peer.ToString();
        var items = new Dictionary<(string, int?), DhtStoreItem>();
        foreach (var uid in uids)
        {
            items[(uid.Text, null)] = new DhtStoreItem(uid.Text, text, expiration);
            foreach (var (prefix, next) in uid.Announcements())
                items[(prefix.Text, next)] = new DhtStoreItem(prefix.Text, HivemindValue.Tuple(uid.Text, text), expiration, Subkey.Of(next));
        }

        return [.. items.Values];
    }

    /// <summary>The record that says that a prefix leads nowhere.</summary>
    public static DhtStoreItem Missing(ExpertPrefix prefix, DhtExpiration expiration) => new(prefix.Text, HivemindValue.Nil, expiration, Subkey.Of(MoeProtocol.FlatExpert));

    /// <summary>Who serves an expert, by the expert's own record.</summary>
    public static ExpertLocation? ReadExpert(ExpertUid uid, DhtResult? found)
        => found is DhtValueResult { Value: TextValue text } && TryPeer(text, out var peer) ? new ExpertLocation(uid, peer) : null;

    /// <summary>What leads on from a prefix: experts by the next coordinate. <see cref="MoeProtocol.FlatExpert"/> stands for the prefix itself.</summary>
    public static IReadOnlyDictionary<int, ExpertLocation> ReadSuccessors(DhtResult? found)
    {
        var successors = new SortedDictionary<int, ExpertLocation>();
        if (found is not DhtDictionaryResult dictionary)
            return successors;
        foreach (var (subkey, entry) in dictionary.Items)
        {
            if (successors.Count == MoeProtocol.MaxSuccessors)
                break;
            if (subkey.Value is IntegerValue number && number.IsWithin(MoeProtocol.FlatExpert, int.MaxValue, out var next)
                && entry.Value is TupleValue { Items: [TextValue text, TextValue server] }
                && ExpertUid.TryParse(text.Value, out var uid)
                && TryPeer(server, out var peer))
            {
                successors[next] = new ExpertLocation(uid, peer);
            }
        }

        return successors;
    }

    private static bool TryPeer(TextValue text, out PeerId peer)
    {
        peer = null!;
        return text.Value.Length <= MoeProtocol.MaxUidLength && PeerId.TryParse(text.Value, out peer!);
    }
}
