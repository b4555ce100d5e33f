using Microsoft.Extensions.Time.Testing;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Storage;
using PeerNet.Swarm.Peers;

namespace PeerNet.UnitTests.Storage;

/// <summary>The machine's clock was set between two runs: what is remembered neither vanishes in a running node nor stays for ever in the next.</summary>
[TestClass]
public sealed class ClockJumpTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Multiaddress Address = Multiaddress.Parse("/ip4/192.0.2.1/tcp/4001");
    private static readonly Multiaddress Permanent = Multiaddress.Parse("/ip4/192.0.2.2/tcp/4001");

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "peernet-tests", Guid.NewGuid().ToString("n"));
    private readonly PrivateKey _key = PrivateKey.Generate();

    private string Database => Path.Combine(_folder, "peernet.db");

    [TestInitialize]
    public void Make() => Directory.CreateDirectory(_folder);

    [TestCleanup]
    public void Remove()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    public async Task After_a_year_forward_only_what_is_permanent_is_known()
    {
        await WriteAsync();
        var (store, _) = await ReadAsync(Start.AddYears(1));
        Assert.AreEqual(Permanent, store.GetAddresses(_key.PeerId).Single());
    }

    [TestMethod]
    public async Task After_a_year_back_what_was_to_end_in_an_hour_ends_within_a_day()
    {
        await WriteAsync();
        var (store, time) = await ReadAsync(Start.AddYears(-1));
        Assert.HasCount(2, store.GetAddresses(_key.PeerId));
        time.Advance(TimeSpan.FromHours(25));
        Assert.AreEqual(Permanent, store.GetAddresses(_key.PeerId).Single());
    }

    [TestMethod]
    public void A_clock_that_is_set_while_a_node_runs_ends_no_address()
    {
        var time = new PeerNet.Simulation.Time.VirtualTime();
        var store = new PeerStore(time: time);
        store.AddAddresses(_key.PeerId, [Address], AddressTtl.General, AddressSource.Routing);
        foreach (var years in new[] { 1, -1 })
        {
            time.WallOffset = TimeSpan.FromDays(365 * years);
            Assert.HasCount(1, store.GetAddresses(_key.PeerId));
        }
    }

    private async Task WriteAsync()
    {
        var time = new FakeTimeProvider(Start);
        await using var storage = NodeStorage.Open(Database, time: time);
        var store = new PeerStore(time: time);
        storage.Attach(store);
        store.AddAddresses(_key.PeerId, [Address], AddressTtl.General, AddressSource.Routing);
        store.AddAddresses(_key.PeerId, [Permanent], AddressTtl.Permanent, AddressSource.Manual);
    }

    private async Task<(PeerStore Store, FakeTimeProvider Time)> ReadAsync(DateTimeOffset now)
    {
        var time = new FakeTimeProvider(now);
        await using var storage = NodeStorage.Open(Database, time: time);
        var store = new PeerStore(time: time);
        storage.Attach(store);
        await storage.Loaded;
        return (store, time);
    }
}
