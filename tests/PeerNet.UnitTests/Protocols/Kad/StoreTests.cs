using System.Text;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Stores;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class StoreTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Random _random = new(1);

    public required TestContext TestContext { get; set; }

    [TestMethod]
    public async Task A_value_replaces_the_one_before_under_its_key()
    {
        var store = new MemoryRecordStore();
        var peer = KadNetwork.RandomPeer(_random);
        Assert.AreEqual(StoreOutcome.Stored, await store.PutAsync(Value("/v/a", "one", peer), TestContext.CancellationToken));
        Assert.AreEqual(StoreOutcome.Replaced, await store.PutAsync(Value("/v/a", "two", peer), TestContext.CancellationToken));
        Assert.AreEqual("two", Encoding.UTF8.GetString((await store.GetAsync(Key("/v/a"), TestContext.CancellationToken))!.Value.Span));
        Assert.AreEqual(1, store.Count);
        await store.RemoveAsync(Key("/v/a"), TestContext.CancellationToken);
        Assert.IsNull(await store.GetAsync(Key("/v/a"), TestContext.CancellationToken));
        Assert.AreEqual(0, store.Bytes);
    }

    [TestMethod]
    public async Task A_flood_of_one_peer_ends_at_its_share()
    {
        var store = new MemoryRecordStore(new StoreLimits { MaxBytesPerPeer = 100_000 });
        var peer = KadNetwork.RandomPeer(_random);
        var outcomes = new List<StoreOutcome>();
        for (var i = 0; i < 10_000; i++)
            outcomes.Add(await store.PutAsync(Value($"/v/{i}", new string('x', 1_000), peer), TestContext.CancellationToken));
        Assert.Contains(StoreOutcome.PeerFull, outcomes);
        Assert.IsLessThanOrEqualTo(100_000, store.Bytes);
    }

    [TestMethod]
    public async Task When_the_store_is_full_whoever_has_most_makes_room()
    {
        var store = new MemoryRecordStore(new StoreLimits { MaxBytes = 200_000, MaxBytesPerPeer = 150_000 });
        var greedy = KadNetwork.RandomPeer(_random);
        for (var i = 0; i < 200; i++)
            await store.PutAsync(Value($"/v/greedy{i}", new string('x', 1_000), greedy), TestContext.CancellationToken);
        for (var i = 0; i < 100; i++)
        {
            var modest = KadNetwork.RandomPeer(_random);
            Assert.AreEqual(StoreOutcome.Stored, await store.PutAsync(Value($"/v/modest{i}", new string('y', 500), modest), TestContext.CancellationToken));
        }

        Assert.IsLessThanOrEqualTo(200_000, store.Bytes);
        for (var i = 0; i < 100; i++)
            Assert.IsNotNull(await store.GetAsync(Key($"/v/modest{i}"), TestContext.CancellationToken));

        // The flood has lost its oldest, and cannot push the others out.
        Assert.IsNull(await store.GetAsync(Key("/v/greedy0"), TestContext.CancellationToken));
        for (var i = 0; i < 1_000; i++)
            await store.PutAsync(Value($"/v/more{i}", new string('x', 1_000), greedy), TestContext.CancellationToken);
        for (var i = 0; i < 100; i++)
            Assert.IsNotNull(await store.GetAsync(Key($"/v/modest{i}"), TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task A_value_that_finds_no_room_leaves_the_one_before_in_place()
    {
        var store = new MemoryRecordStore(new StoreLimits { MaxBytesPerPeer = 2_000 });
        var peer = KadNetwork.RandomPeer(_random);
        await store.PutAsync(Value("/v/a", "one", peer), TestContext.CancellationToken);
        Assert.AreEqual(StoreOutcome.PeerFull, await store.PutAsync(Value("/v/a", new string('x', 5_000), peer), TestContext.CancellationToken));
        Assert.AreEqual("one", Encoding.UTF8.GetString((await store.GetAsync(Key("/v/a"), TestContext.CancellationToken))!.Value.Span));
    }

    [TestMethod]
    public async Task Own_values_do_not_age_and_are_not_displaced()
    {
        var store = new MemoryRecordStore(new StoreLimits { MaxRecords = 10 });
        await store.PutAsync(Value("/v/own", "mine", null), TestContext.CancellationToken);
        for (var i = 0; i < 100; i++)
            await store.PutAsync(Value($"/v/{i}", "x", KadNetwork.RandomPeer(_random)), TestContext.CancellationToken);
        Assert.AreEqual(10, await store.RemoveExpiredAsync(Now.AddDays(3), Now.AddDays(5), TestContext.CancellationToken));
        Assert.HasCount(1, await store.GetOwnAsync(TestContext.CancellationToken));
        Assert.AreEqual(0, store.Bytes);
    }

    [TestMethod]
    public async Task A_publisher_s_end_is_kept()
    {
        var store = new MemoryRecordStore();
        await store.PutAsync(Value("/v/a", "x", KadNetwork.RandomPeer(_random)) with { PublisherExpiry = Now.AddHours(1) }, TestContext.CancellationToken);
        Assert.AreEqual(0, await store.RemoveExpiredAsync(Now.AddDays(-2), Now, TestContext.CancellationToken));
        Assert.AreEqual(1, await store.RemoveExpiredAsync(Now.AddDays(-2), Now.AddHours(1), TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task Providers_are_named_latest_first_and_each_once()
    {
        var store = new MemoryProviderStore();
        var peers = Enumerable.Range(0, 5).Select(_ => KadNetwork.RandomPeer(_random)).ToArray();
        foreach (var peer in peers)
            Assert.AreEqual(StoreOutcome.Stored, await store.AddAsync(Provider("a", peer), TestContext.CancellationToken));
        Assert.AreEqual(StoreOutcome.Replaced, await store.AddAsync(Provider("a", peers[1]), TestContext.CancellationToken));
        var found = await store.GetAsync(Key("a"), 3, TestContext.CancellationToken);
        CollectionAssert.AreEqual(new[] { peers[1], peers[4], peers[3] }, found.Select(record => record.Provider).ToArray());
        await store.RemoveAsync(Key("a"), peers[4], TestContext.CancellationToken);
        Assert.AreEqual(4, store.Count);
    }

    [TestMethod]
    public async Task One_part_of_the_Internet_has_only_so_many_providers_of_a_key()
    {
        var store = new MemoryProviderStore();
        var outcomes = new List<StoreOutcome>();
        for (var i = 0; i < 100; i++)
            outcomes.Add(await store.AddAsync(Provider("a", KadNetwork.RandomPeer(_random), $"/ip4/20.1.{i}.1/tcp/1"), TestContext.CancellationToken));
        Assert.AreEqual(32, outcomes.Count(outcome => outcome == StoreOutcome.Stored));
        Assert.AreEqual(68, outcomes.Count(outcome => outcome == StoreOutcome.KeyFull));
        Assert.AreEqual(StoreOutcome.Stored, await store.AddAsync(Provider("a", KadNetwork.RandomPeer(_random), "/ip4/30.1.1.1/tcp/1"), TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task A_million_keys_of_one_provider_end_at_its_share()
    {
        var limits = new StoreLimits { MaxRecords = 1_000, MaxBytesPerPeer = 100_000 };
        var store = new MemoryProviderStore(limits);
        var peer = KadNetwork.RandomPeer(_random);
        for (var i = 0; i < 20_000; i++)
            await store.AddAsync(Provider($"key{i}", peer), TestContext.CancellationToken);
        Assert.IsLessThanOrEqualTo(100_000, store.Bytes);
        Assert.IsLessThan(400, store.Count);
    }

    [TestMethod]
    public async Task Records_of_others_end_and_own_ones_stay()
    {
        var store = new MemoryProviderStore();
        await store.AddAsync(Provider("a", KadNetwork.RandomPeer(_random)), TestContext.CancellationToken);
        await store.AddAsync(Provider("a", KadNetwork.RandomPeer(_random)) with { IsOwn = true }, TestContext.CancellationToken);
        Assert.AreEqual(1, await store.RemoveExpiredAsync(Now.AddHours(1), TestContext.CancellationToken));
        Assert.HasCount(1, await store.GetOwnAsync(TestContext.CancellationToken));
        Assert.AreEqual(1, store.Count);
    }

    [TestMethod]
    public void Content_keys_are_the_same_for_every_spelling()
    {
        var cid = ContentKey.CidOf("hello");
        var key = ContentKey.FromText("hello");
        Assert.IsTrue(ContentKey.TryParse(cid.ToString(), out var parsed));
        Assert.AreEqual(key, parsed);
        Assert.IsTrue(ContentKey.TryParse(Cid.CreateV0(cid.Hash).ToString(), out parsed));
        Assert.AreEqual(key, parsed);
        Assert.IsTrue(ContentKey.TryParse(cid.Hash.ToString(), out parsed));
        Assert.AreEqual(key, parsed);
        Assert.AreEqual("12202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", ProtocolVectors.Hex(key.Bytes.Span));
        Assert.IsFalse(ContentKey.TryParse("hello", out _));
        Assert.ThrowsExactly<ArgumentException>(() => ContentKey.FromBytes(new byte[81]));
    }

    private static byte[] Key(string text) => Encoding.UTF8.GetBytes(text);

    private static StoredValue Value(string key, string value, PeerId? from)
        => new() { Key = Key(key), Value = Key(value), From = from, ReceivedAt = Now };

    private static ProviderRecord Provider(string key, PeerId provider, string? address = null)
        => new() { Key = Key(key), Provider = provider, ReceivedAt = Now, Addresses = address is null ? [] : [Multiaddress.Parse(address)] };
}
