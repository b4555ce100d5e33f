using PeerNet.Hivemind.Auth;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>Merging, storing and checking entries.</summary>
internal static class DhtEntries
{
    /// <summary>Of two answers for one key: dictionaries are merged, the later entry of a subkey winning; otherwise what ends later wins.</summary>
    public static DhtEntry? Merge(DhtEntry? first, DhtEntry? second)
    {
        if (first is DictionaryEntry left && second is DictionaryEntry right)
        {
            var items = left.Items.ToDictionary(item => item.Subkey);
            foreach (var item in right.Items)
            {
                if (!items.TryGetValue(item.Subkey, out var other) || other.Expiration < item.Expiration)
                    items[item.Subkey] = item;
            }

            return new DictionaryEntry([.. items.Values], DhtExpiration.Max(left.Expiration, right.Expiration));
        }

        return first is null || second?.Expiration > first.Expiration ? second : first;
    }

    /// <summary>Stores a whole entry. A dictionary stops at the first entry that is refused, as in Python; entries that have ended are skipped.</summary>
    public static bool Store(IDhtStorage storage, DhtId key, DhtEntry entry, DhtExpiration now, PeerId? source) => entry switch
    {
        RegularEntry regular => storage.Store(key, regular.Value, regular.Expiration, now, source),
        DictionaryEntry dictionary => dictionary.Items.Where(item => item.Expiration >= now)
            .All(item => storage.StoreSubkey(key, item.Subkey, item.Value, item.Expiration, now, source)),
        _ => false,
    };

    /// <summary>What of an entry the validators take; null when that is nothing.</summary>
    public static DhtEntry? Validated(RecordValidators validators, DhtId key, DhtEntry? entry)
    {
        switch (entry)
        {
            case RegularEntry regular:
                return validators.Validate(new DhtRecord(key, DhtProtocol.RegularTag, regular.Value, regular.Expiration)) ? regular : null;
            case DictionaryEntry dictionary:
                var good = dictionary.Items.Where(item => validators.Validate(new DhtRecord(key, item.Subkey.Bytes, item.Value, item.Expiration))).ToArray();
                return good.Length == 0 ? null : dictionary with { Items = good };
            default:
                return null;
        }
    }
}
