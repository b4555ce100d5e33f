using System.Security.Cryptography;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>
/// The records of averagers:
/// <code>
/// key "PREFIX.0b01"            subkey: peer id bytes   value: true while it looks for a group
/// key "PREFIX.all_averagers"   subkey: peer id bytes   value: priority, or nil when it gives no state any more
/// </code>
/// Thread-safe.
/// </summary>
internal sealed class GroupDirectory(HivemindDht dht, string prefix)
{
    private readonly Subkey _own = Subkey.Of(new BytesValue(dht.Host.LocalPeer.Bytes));

    private string DonorsKey => $"{prefix}.all_averagers";

    /// <summary>Says that this node looks for a group that begins at a time.</summary>
    public Task DeclareAsync(GroupKey key, DhtExpiration expiration, CancellationToken token) => dht.StoreAsync(key.ToString(), true, expiration, _own, token);

    /// <summary>Takes that back: the record ends as little later as a number can tell, and so wins.</summary>
    public Task WithdrawAsync(GroupKey key, DhtExpiration expiration, CancellationToken token) => dht.StoreAsync(key.ToString(), false, expiration.Next(), _own, token);

    /// <summary>Who looks for a group under a key.</summary>
    public async Task<IReadOnlyList<Candidate>> GetCandidatesAsync(GroupKey key, CancellationToken token)
        => ReadCandidates(await dht.GetAsync(key.ToString(), latest: true, token).ConfigureAwait(false));

    public Task DeclareDonorAsync(double? priority, DhtExpiration expiration, CancellationToken token)
        => dht.StoreAsync(DonorsKey, priority is { } some ? some : HivemindValue.Nil, expiration, _own, token);

    /// <summary>Who gives its state, the highest priority first, in random order among equal ones.</summary>
    public async Task<IReadOnlyList<PeerId>> GetDonorsAsync(CancellationToken token)
    {
        var donors = ReadDonors(await dht.GetAsync(DonorsKey, latest: true, token).ConfigureAwait(false)).Where(donor => donor.Peer != dht.Host.LocalPeer).ToArray();
        RandomNumberGenerator.Shuffle(donors.AsSpan());
        return [.. donors.OrderByDescending(donor => donor.Priority).Select(donor => donor.Peer)];
    }

    internal static IReadOnlyList<Candidate> ReadCandidates(DhtResult? found)
        => [.. Entries(found).Where(entry => entry.Value.Value is BooleanValue { Value: true }).Select(entry => new Candidate(entry.Value.Expiration, entry.Peer))];

    internal static IReadOnlyList<(PeerId Peer, double Priority)> ReadDonors(DhtResult? found) => [.. Entries(found).Select(entry => (entry.Peer, Priority: entry.Value.Value switch
    {
        FloatValue number => number.Value,
        IntegerValue number => (double)number.Value,
        _ => double.NaN,
    })).Where(donor => !double.IsNaN(donor.Priority))];

    private static IEnumerable<(PeerId Peer, DhtValueResult Value)> Entries(DhtResult? found)
    {
        if (found is not DhtDictionaryResult dictionary)
            yield break;
        foreach (var (subkey, value) in dictionary.Items)
        {
            if (subkey.Value is BytesValue bytes && PeerId.TryDecode(bytes.Value.Span, out var peer))
                yield return (peer, value);
        }
    }
}
