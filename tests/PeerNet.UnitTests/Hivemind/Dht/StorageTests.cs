using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.UnitTests.Hivemind.Dht;

[TestClass]
public sealed class StorageTests
{
    private static readonly DhtId Key = DhtId.OfKey("k");
    private static readonly DhtExpiration Now = new(1_700_000_000);
    private readonly MemoryDhtStorage _storage = MemoryDhtStorage.CreateNear(default);

    [TestMethod]
    public void Equal_expirations_are_refused()
    {
        Assert.IsTrue(Store(1, 100));
        Assert.IsFalse(Store(2, 100));
    }

    [TestMethod]
    public void Subkeys_and_plain_values_replace_each_other_by_time()
    {
        Assert.IsTrue(StoreSubkey("s", 1, 50));
        Assert.IsFalse(Store(2, 40));
        Assert.IsTrue(Store(3, 60));
        Assert.IsFalse(StoreSubkey("s", 4, 55));
        Assert.IsTrue(StoreSubkey("s", 5, 70));
        Assert.HasCount(1, ((DictionaryEntry)_storage.Get(Key, Now)!).Items);
    }

    [TestMethod]
    public void A_whole_dictionary_stops_at_the_first_refusal()
    {
        StoreSubkey("b", 0, 100);
        var whole = new DictionaryEntry([Item("a", 50), Item("b", 60), Item("c", 70)], At(70));
        Assert.IsFalse(DhtEntries.Store(_storage, Key, whole, Now, null));
        CollectionAssert.AreEquivalent(new Subkey[] { "a", "b" }, ((DictionaryEntry)_storage.Get(Key, Now)!).Items.Select(item => item.Subkey).ToArray());
    }

    [TestMethod]
    public void What_has_ended_or_ends_at_no_time_is_refused()
    {
        Assert.IsFalse(Store(1, -1));
        Assert.IsTrue(Store(1, 0));
        Assert.IsFalse(_storage.Store(Key, new byte[1], new DhtExpiration(double.NaN), Now, null));
        Assert.IsTrue(_storage.Store(Key, new byte[1], DhtExpiration.Never, Now, null));
    }

    [TestMethod]
    public void Equal_numbers_are_one_entry()
    {
        StoreSubkey(Subkey.Of(1), 1, 10);
        StoreSubkey(Subkey.Of(true), 2, 20);
        StoreSubkey(Subkey.Of(1.0), 3, 30);
        var item = ((DictionaryEntry)_storage.Get(Key, Now)!).Items.Single();
        Assert.AreEqual(At(30), item.Expiration);
    }

    [TestMethod]
    public void A_refused_older_record_does_not_shorten_the_newer_one()
    {
        Store(1, 100);
        Assert.IsFalse(Store(2, 10));
        Assert.IsNotNull(_storage.Get(Key, At(50)));
        Assert.IsNull(_storage.Get(Key, At(101)));
    }

    [TestMethod]
    public void One_peer_fills_its_share_and_no_more()
    {
        var limits = new DhtStorageOptions { MaxBytes = 1_000_000, MaxBytesPerPeer = 100_000, MaxKeys = 2000 };
        var storage = MemoryDhtStorage.CreateNear(default, limits);
        var taken = 0;
        for (var i = 0; i < 2000; i++)
            taken += storage.Store(DhtId.OfKey(i), new byte[1000], At(100), Now, DhtRoutingTableTests.PeerOf(1)) ? 1 : 0;
        Assert.IsLessThan(100, taken);
        Assert.IsLessThanOrEqualTo(limits.MaxBytesPerPeer, storage.Bytes);
        Assert.IsTrue(storage.Store(DhtId.OfKey("other"), new byte[1000], At(100), Now, DhtRoutingTableTests.PeerOf(2)));
        Assert.IsFalse(storage.Store(DhtId.OfKey("large"), new byte[3_000_000], At(100), Now, null));
    }

    [TestMethod]
    public void A_full_storage_keeps_what_is_near_and_a_full_cache_what_lasts()
    {
        var limits = new DhtStorageOptions { MaxKeys = 10 };
        var near = MemoryDhtStorage.CreateNear(default, limits);
        var cache = MemoryDhtStorage.CreateCache(limits);
        for (var i = 0; i < 200; i++)
        {
            near.Store(DhtId.OfKey(i), new byte[1], At(100), Now, null);
            cache.Store(DhtId.OfKey(i), new byte[1], At(100 + i), Now, null);
        }

        var nearest = Enumerable.Range(0, 200).Select(i => DhtId.OfKey(i)).Order().Take(10).ToArray();
        CollectionAssert.AreEquivalent(nearest, near.Keys.ToArray());
        CollectionAssert.AreEquivalent(Enumerable.Range(190, 10).Select(i => DhtId.OfKey(i)).ToArray(), cache.Keys.ToArray());
        Assert.IsTrue(near.Store(DhtId.OfKey(-1), new byte[1], At(300), At(200), null));
        Assert.AreEqual(1, near.Count);
    }

    private static DhtExpiration At(double seconds) => new(Now.Seconds + seconds);

    private static DictionaryItem Item(string subkey, double end) => new(subkey, new byte[1], At(end));

    private bool Store(byte value, double end) => _storage.Store(Key, new[] { value }, At(end), Now, null);

    private bool StoreSubkey(Subkey subkey, byte value, double end) => _storage.StoreSubkey(Key, subkey, new[] { value }, At(end), Now, null);
}
