using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Core;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Storage;
using PeerNet.Storage.Database;
using PeerNet.Swarm.Peers;

namespace PeerNet.UnitTests.Storage;

[TestClass]
public sealed class NodeStorageTests
{
    private const string Network = "/ipfs/kad/1.0.0";
    private static readonly Multiaddress Address = Multiaddress.Parse("/ip4/192.0.2.1/tcp/4001");

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "peernet-tests", Guid.NewGuid().ToString("n"));
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public required TestContext TestContext { get; set; }

    private string Database => Path.Combine(_folder, "peernet.db");

    [TestInitialize]
    public void Make() => Directory.CreateDirectory(_folder);

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public async Task A_peer_is_known_in_the_next_run_with_all_that_was_known()
    {
        using var key = PrivateKey.Generate();
        await using (var storage = Open())
        {
            var store = new PeerStore(time: _time);
            storage.Attach(store);
            store.AddAddresses(key.PeerId, [Address], AddressTtl.General, AddressSource.Routing);
            store.SetProtocols(key.PeerId, [new ProtocolId("/a/1"), new ProtocolId("/b/1")]);
            store.SetVersions(key.PeerId, "agent/1", "ipfs/0.1.0");
            store.SetTag(key.PeerId, "friend", 7);
            store.MarkDialed(key.PeerId, Address, succeeded: true);
        }

        await using var again = Open();
        var loaded = new PeerStore(time: _time);
        again.Attach(loaded);
        await again.Loaded;
        var peer = loaded.Get(key.PeerId)!;
        Assert.AreEqual(Address, peer.Addresses.Single().Address);
        Assert.AreEqual(AddressSource.Routing, peer.Addresses.Single().Source);
        Assert.IsTrue(peer.Addresses.Single().LastDialSucceeded!.Value);
        Assert.AreEqual("agent/1", peer.AgentVersion);
        Assert.HasCount(2, peer.Protocols);
        Assert.AreEqual(7, peer.Tags["friend"]);
    }

    [TestMethod]
    public async Task Any_number_of_changes_is_written_by_one_flush()
    {
        const int Count = 6_000;
        await using var storage = Open();
        var store = new PeerStore(time: _time);
        storage.Attach(store);
        await storage.Loaded;
        for (var i = 0; i < Count; i++)
            store.AddAddresses(Protocols.Kad.KadNetwork.RandomPeer(new Random(i)), [Address], AddressTtl.General, AddressSource.Routing);
        await storage.FlushAsync();
        Assert.AreEqual((long)Count, Scalar("SELECT count(*) FROM peers"));
    }

    [TestMethod]
    public async Task An_address_that_ended_meanwhile_is_not_known()
    {
        using var key = PrivateKey.Generate();
        await using (var storage = Open())
        {
            var store = new PeerStore(time: _time);
            storage.Attach(store);
            store.AddAddresses(key.PeerId, [Address], AddressTtl.Temporary, AddressSource.Routing);
        }

        _time.Advance(AddressTtl.Temporary + TimeSpan.FromSeconds(1));
        await using var again = Open();
        var loaded = new PeerStore(time: _time);
        again.Attach(loaded);
        await again.Loaded;
        Assert.HasCount(0, loaded.GetAddresses(key.PeerId));
    }

    [TestMethod]
    public async Task A_forgotten_peer_stays_forgotten()
    {
        using var key = PrivateKey.Generate();
        await using (var storage = Open())
        {
            var store = new PeerStore(time: _time);
            storage.Attach(store);
            await storage.Loaded;
            store.AddAddresses(key.PeerId, [Address], AddressTtl.Permanent, AddressSource.Manual);
            await storage.FlushAsync();
            store.Remove(key.PeerId);
        }

        await using var again = Open();
        var loaded = new PeerStore(time: _time);
        again.Attach(loaded);
        await again.Loaded;
        Assert.AreEqual(0, loaded.Count);
    }

    [TestMethod]
    public async Task Values_and_providers_are_kept_for_each_network()
    {
        using var key = PrivateKey.Generate();
        var value = new StoredValue { Key = "/v/a"u8.ToArray(), Value = new byte[] { 1, 2 }, From = key.PeerId, ReceivedAt = _time.GetUtcNow() };
        var provider = new ProviderRecord { Key = new byte[] { 9 }, Provider = key.PeerId, Addresses = [Address], ReceivedAt = _time.GetUtcNow() };
        await using (var storage = Open())
        {
            Assert.AreEqual(StoreOutcome.Stored, await storage.CreateRecordStore(Network).PutAsync(value));
            Assert.AreEqual(StoreOutcome.Stored, await storage.CreateProviderStore(Network).AddAsync(provider));
        }

        await using var again = Open();
        var values = again.CreateRecordStore(Network);
        var providers = again.CreateProviderStore(Network);
        var other = again.CreateRecordStore("/other/kad/1.0.0");
        await again.Loaded;
        var loaded = (await values.GetAsync(value.Key))!;
        CollectionAssert.AreEqual(value.Value.ToArray(), loaded.Value.ToArray());
        Assert.AreEqual(key.PeerId, loaded.From);
        Assert.AreEqual(value.ReceivedAt, loaded.ReceivedAt);
        Assert.AreEqual(Address, (await providers.GetAsync(provider.Key, 10)).Single().Addresses.Single());
        Assert.IsNull(await other.GetAsync(value.Key));
    }

    [TestMethod]
    public async Task What_has_expired_is_gone_from_the_disk_too()
    {
        using var key = PrivateKey.Generate();
        await using (var storage = Open())
        {
            var values = storage.CreateRecordStore(Network);
            await values.PutAsync(new StoredValue { Key = "/v/a"u8.ToArray(), Value = new byte[] { 1 }, From = key.PeerId, ReceivedAt = _time.GetUtcNow() });
            await storage.FlushAsync();
            _time.Advance(TimeSpan.FromHours(49));
            Assert.AreEqual(1, await values.RemoveExpiredAsync(_time.GetUtcNow() - TimeSpan.FromHours(48), _time.GetUtcNow()));
        }

        Assert.AreEqual(0L, Scalar("SELECT count(*) FROM kad_values"));
    }

    [TestMethod]
    public async Task A_process_that_is_killed_loses_at_most_what_waited()
    {
        using var key = PrivateKey.Generate();
        await using var storage = Open();
        var store = new PeerStore(time: _time);
        storage.Attach(store);
        store.AddAddresses(key.PeerId, [Address], AddressTtl.Permanent, AddressSource.Manual);
        await storage.FlushAsync();

        // The files as a killed process leaves them: with the write-ahead log not yet folded in.
        var copy = Path.Combine(_folder, "copy");
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(_folder))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        await using var survivor = NodeStorage.Open(Path.Combine(copy, "peernet.db"), time: _time);
        var loaded = new PeerStore(time: _time);
        survivor.Attach(loaded);
        await survivor.Loaded;
        Assert.HasCount(1, loaded.GetAddresses(key.PeerId));
    }

    [TestMethod]
    public async Task A_damaged_file_is_put_aside_and_a_new_one_made()
    {
        await File.WriteAllBytesAsync(Database, new byte[8192].Select((_, i) => (byte)(i * 7)).ToArray(), TestContext.CancellationToken);
        await using var storage = Open();
        Assert.HasCount(1, Directory.GetFiles(_folder, "peernet.db.damaged-*"));
    }

    [TestMethod]
    public async Task A_file_of_a_newer_program_is_refused_and_left_alone()
    {
        await using (Open())
        {
        }

        Scalar($"PRAGMA user_version = {Schema.Version + 1}");
        var error = Assert.ThrowsExactly<StorageException>(Open);
        StringAssert.Contains(error.Message, "newer PeerNet");
        Assert.AreEqual((long)Schema.Version + 1, Scalar("PRAGMA user_version"));
    }

    [TestMethod]
    public async Task A_disk_that_takes_nothing_delays_and_loses_nothing()
    {
        using var key = PrivateKey.Generate();
        await using var storage = Open();
        var store = new PeerStore(time: _time);
        storage.Attach(store);
        await storage.Loaded;
        using (var blocker = Raw())
        {
            using var transaction = blocker.BeginTransaction(deferred: false);
            store.AddAddresses(key.PeerId, [Address], AddressTtl.Permanent, AddressSource.Manual);
            await Assert.ThrowsExactlyAsync<SqliteException>(storage.FlushAsync);
            Assert.IsGreaterThan(0, storage.Statistics.Pending);
        }

        await storage.FlushAsync();
        Assert.AreEqual(0, storage.Statistics.Pending);
        Assert.AreEqual(1L, Scalar("SELECT count(*) FROM peers"));
    }

    [TestMethod]
    public async Task Too_many_waiting_changes_are_counted_not_kept()
    {
        await using var storage = NodeStorage.Open(Database, new StorageOptions { MaxPendingWrites = 3 }, _time);
        var values = storage.CreateRecordStore(Network);
        for (var i = 0; i < 10; i++)
            await values.PutAsync(new StoredValue { Key = new[] { (byte)i }, Value = new byte[] { 1 }, ReceivedAt = _time.GetUtcNow() });
        Assert.AreEqual(3, storage.Statistics.Pending);
        Assert.IsGreaterThan(0, storage.Statistics.Dropped);
    }

    [TestMethod]
    public async Task The_oldest_rows_go_when_there_are_too_many()
    {
        using var key = PrivateKey.Generate();
        await using (var storage = NodeStorage.Open(Database, new StorageOptions { MaxRows = 5 }, _time))
        {
            var values = storage.CreateRecordStore(Network);
            for (var i = 0; i < 10; i++)
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                await values.PutAsync(new StoredValue { Key = new[] { (byte)i }, Value = new byte[] { 1 }, From = key.PeerId, ReceivedAt = _time.GetUtcNow() });
            }
        }

        Assert.AreEqual(5L, Scalar("SELECT count(*) FROM kad_values"));
        Assert.AreEqual(0L, Scalar("SELECT count(*) FROM kad_values WHERE key = x'00'"));
    }

    private NodeStorage Open() => NodeStorage.Open(Database, time: _time);

    private SqliteConnection Raw()
    {
        var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        return connection;
    }

    private object? Scalar(string sql)
    {
        using var connection = Raw();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
