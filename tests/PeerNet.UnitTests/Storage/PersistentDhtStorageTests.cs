using Microsoft.Extensions.Time.Testing;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Identity;
using PeerNet.Storage;

namespace PeerNet.UnitTests.Storage;

[TestClass]
public sealed class PersistentDhtStorageTests
{
    private static readonly DhtId Node = DhtId.OfKey("node");

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "peernet-tests", Guid.NewGuid().ToString("n"));
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private DhtExpiration Now => DhtExpiration.Now(_time);

    [TestInitialize]
    public void Make() => Directory.CreateDirectory(_folder);

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public async Task Records_are_there_in_the_next_run_with_their_expirations_to_the_last_bit()
    {
        using var key = PrivateKey.Generate();
        var end = (Now + TimeSpan.FromHours(1)).Next();
        await UseAsync(storage =>
        {
            storage.Store(Id("plain"), new byte[] { 1, 2 }, end, Now, key.PeerId);
            storage.Store(Id("for ever"), new byte[] { 3 }, DhtExpiration.Never, Now, null);
            storage.StoreSubkey(Id("dictionary"), "text", new byte[] { 4 }, end.Next(), Now, null);
            storage.StoreSubkey(Id("dictionary"), Subkey.Of(HivemindValue.Bytes([0, 255])), new byte[] { 5 }, end, Now, key.PeerId);
        });
        await UseAsync(storage =>
        {
            Assert.AreEqual(3, storage.Count);
            var plain = (RegularEntry)storage.Get(Id("plain"), Now)!;
            Assert.AreEqual(end, plain.Expiration);
            CollectionAssert.AreEqual(new byte[] { 1, 2 }, plain.Value.ToArray());
            Assert.AreEqual(DhtExpiration.Never, storage.Get(Id("for ever"), Now)!.Expiration);
            var dictionary = (DictionaryEntry)storage.Get(Id("dictionary"), Now)!;
            Assert.AreEqual(end.Next(), dictionary.Expiration);
            Assert.HasCount(2, dictionary.Items);
            Assert.AreEqual(end, dictionary.Items.Single(item => item.Subkey.Value is BytesValue).Expiration);
        });
    }

    [TestMethod]
    public async Task A_plain_value_over_a_dictionary_leaves_none_of_it_and_the_other_way()
    {
        var end = Now + TimeSpan.FromHours(1);
        await UseAsync(storage =>
        {
            storage.StoreSubkey(Id("a"), "s", new byte[] { 1 }, end, Now, null);
            storage.Store(Id("b"), new byte[] { 2 }, end, Now, null);
        });
        await UseAsync(storage =>
        {
            Assert.IsTrue(storage.Store(Id("a"), new byte[] { 3 }, end.Next(), Now, null));
            Assert.IsTrue(storage.StoreSubkey(Id("b"), "s", new byte[] { 4 }, end.Next(), Now, null));
        });
        await UseAsync(storage =>
        {
            Assert.IsInstanceOfType<RegularEntry>(storage.Get(Id("a"), Now));
            Assert.HasCount(1, ((DictionaryEntry)storage.Get(Id("b"), Now)!).Items);
        });
    }

    [TestMethod]
    public async Task What_ended_meanwhile_is_not_read_again_and_lies_in_the_file_no_longer()
    {
        await UseAsync(storage => storage.Store(Id("short"), new byte[] { 1 }, Now + TimeSpan.FromMinutes(1), Now, null));
        _time.Advance(TimeSpan.FromMinutes(2));
        await UseAsync(storage =>
        {
            Assert.AreEqual(0, storage.Count);
            storage.Store(Id("other"), new byte[] { 1 }, Now + TimeSpan.FromMinutes(1), Now, null);
        });
        Assert.AreEqual(1L, Rows());
    }

    [TestMethod]
    public async Task What_made_room_for_others_is_not_in_the_file_either()
    {
        await UseAsync(
            storage =>
            {
                for (var i = 0; i < 100; i++)
                    storage.Store(Id($"key {i}"), new byte[] { 1 }, Now + TimeSpan.FromHours(1), Now, null);
                Assert.AreEqual(10, storage.Count);
            },
            new DhtStorageOptions { MaxKeys = 10 });
        Assert.AreEqual(10L, Rows());
        await UseAsync(storage =>
        {
            storage.Clear();
            Assert.AreEqual(0, storage.Count);
        });
        Assert.AreEqual(0L, Rows());
    }

    private static DhtId Id(string key) => DhtId.OfKey(key);

    private long Rows()
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_folder, "peernet.db")};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM hivemind_records";
        return (long)command.ExecuteScalar()!;
    }

    private async Task UseAsync(Action<IDhtStorage> use, DhtStorageOptions? limits = null)
    {
        await using var database = NodeStorage.Open(Path.Combine(_folder, "peernet.db"), time: _time);
        var storage = database.CreateHivemindStorage(Node, limits);
        await database.Loaded;
        use(storage);
    }
}
