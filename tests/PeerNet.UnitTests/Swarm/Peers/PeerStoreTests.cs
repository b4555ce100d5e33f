using Microsoft.Extensions.Time.Testing;
using PeerNet.Core;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Peers;

namespace PeerNet.UnitTests.Swarm.Peers;

[TestClass]
public sealed class PeerStoreTests
{
    private static readonly Multiaddress One = Multiaddress.Parse("/ip4/1.2.3.4/tcp/4001");
    private static readonly Multiaddress Two = Multiaddress.Parse("/ip4/1.2.3.5/tcp/4001");
    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    public void Keeps_addresses_without_the_peers_own_id_and_drops_those_of_another()
    {
        var store = Create();
        var (peer, other) = (Key(1).PeerId, Key(2).PeerId);
        var circuit = Multiaddress.Parse($"/ip4/5.6.7.8/tcp/1/p2p/{other}/p2p-circuit");
        store.AddAddresses(peer, [One.WithPeerId(peer), Two.WithPeerId(other), One, circuit.WithPeerId(peer)], AddressTtl.General, AddressSource.Manual);
        CollectionAssert.AreEquivalent(new[] { One, circuit }, store.GetAddresses(peer).ToArray());
    }

    [TestMethod]
    public void Never_keeps_addresses_of_this_node_itself()
    {
        var store = Create();
        store.Exclude(Key(1).PeerId);
        store.AddAddresses(Key(1).PeerId, [One], AddressTtl.General, AddressSource.PeerExchange);
        Assert.AreEqual(0, store.Count);
    }

    [TestMethod]
    public void Addresses_run_out_and_a_peer_without_any_is_forgotten()
    {
        var store = Create();
        var peer = Key(1).PeerId;
        store.AddAddresses(peer, [One], AddressTtl.Temporary, AddressSource.Routing);
        _time.Advance(AddressTtl.Temporary - TimeSpan.FromTicks(1));
        Assert.AreEqual(1, store.GetAddresses(peer).Count);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.AreEqual(0, store.GetAddresses(peer).Count);
        store.Collect();
        Assert.AreEqual(0, store.Count);
    }

    [TestMethod]
    public void Addresses_of_a_connected_peer_last_and_are_demoted_when_its_last_connection_ends()
    {
        var store = Create();
        var peer = Key(1).PeerId;
        store.OnConnected(peer);
        store.OnConnected(peer);
        store.AddAddresses(peer, Enumerable.Range(1, 60).Select(i => Multiaddress.Parse($"/ip4/1.2.3.{i}/tcp/4001")), AddressTtl.Connected, AddressSource.Identify);
        _time.Advance(TimeSpan.FromDays(30));
        store.Collect();
        Assert.AreEqual(60, store.GetAddresses(peer).Count);
        store.OnDisconnected(peer);
        Assert.AreEqual(60, store.GetAddresses(peer).Count, "one connection is left");
        store.OnDisconnected(peer);
        Assert.AreEqual(PeerBook.MaxAddressesAfterConnection, store.GetAddresses(peer).Count);
        _time.Advance(AddressTtl.RecentlyConnected);
        Assert.AreEqual(0, store.GetAddresses(peer).Count);
    }

    [TestMethod]
    public void Addresses_that_come_in_after_the_connection_has_ended_do_not_last_for_ever()
    {
        var store = Create();
        var peer = Key(1).PeerId;
        store.AddAddresses(peer, [One], AddressTtl.Connected, AddressSource.Identify);
        store.ConsumeRecord(PeerRecord.Seal(Key(1), 1, [Two]), AddressTtl.Connected);
        _time.Advance(AddressTtl.RecentlyConnected);
        Assert.AreEqual(0, store.GetAddresses(peer).Count);
    }

    [TestMethod]
    public void Keeps_a_bounded_number_of_addresses_of_all_peers_together()
    {
        var store = new PeerStore(new PeerStoreOptions { MaxAddresses = 100, MaxAddressesPerPeer = 30 }, _time);
        for (var i = 1; i <= 50; i++)
            store.AddAddresses(Key(i).PeerId, Enumerable.Range(1, i).Select(n => Multiaddress.Parse($"/ip4/1.2.3.{n}/tcp/{i}")), AddressTtl.General, AddressSource.Routing);
        Assert.IsLessThanOrEqualTo(100, store.Peers.Sum(peer => store.GetAddresses(peer).Count));
        Assert.AreEqual(30, store.GetAddresses(Key(50).PeerId).Count, "the latest stays");
    }

    [TestMethod]
    public void A_record_with_a_higher_number_replaces_and_a_lower_or_equal_one_does_not()
    {
        var store = Create();
        var key = Key(1);
        Assert.IsTrue(store.ConsumeRecord(PeerRecord.Seal(key, 5, [One]), AddressTtl.General));
        Assert.IsFalse(store.ConsumeRecord(PeerRecord.Seal(key, 5, [Two]), AddressTtl.General));
        Assert.IsFalse(store.ConsumeRecord(PeerRecord.Seal(key, 4, [Two]), AddressTtl.General));
        CollectionAssert.AreEqual(new[] { One }, store.GetAddresses(key.PeerId).ToArray());
        var newer = PeerRecord.Seal(key, 6, [Two.WithPeerId(key.PeerId)]);
        Assert.IsTrue(store.ConsumeRecord(newer, AddressTtl.General));
        CollectionAssert.AreEqual(new[] { Two }, store.GetAddresses(key.PeerId).ToArray());
        CollectionAssert.AreEqual(newer.Envelope.Encoded.ToArray(), store.GetSignedRecord(key.PeerId).ToArray());
        _time.Advance(AddressTtl.General);
        Assert.IsTrue(store.GetSignedRecord(key.PeerId).IsEmpty, "a record ends with its addresses");
    }

    [TestMethod]
    public void Tells_which_protocols_a_peer_serves()
    {
        var store = Create();
        var peer = Key(1).PeerId;
        Assert.IsFalse(store.Supports(peer, "/a"));
        store.SetProtocols(peer, ["/a", "/b"]);
        store.AddProtocols(peer, ["/c"]);
        store.RemoveProtocols(peer, ["/a"]);
        CollectionAssert.AreEquivalent(new ProtocolId[] { "/b", "/c" }, store.GetProtocols(peer).ToArray());
        Assert.AreEqual<ProtocolId?>("/c", store.FirstSupported(peer, ["/a", "/c", "/b"]));
        Assert.IsNull(store.FirstSupported(peer, ["/x"]));
        store.SetProtocols(peer, Enumerable.Range(0, 1000).Select(i => new ProtocolId($"/{i}")));
        Assert.AreEqual(256, store.GetProtocols(peer).Count);
        store.Remove(peer);
        Assert.IsFalse(store.Supports(peer, "/1"));
    }

    [TestMethod]
    public void When_full_the_peer_longest_unused_goes_but_not_a_connected_or_tagged_one()
    {
        var store = new PeerStore(new PeerStoreOptions { MaxPeers = 4 }, _time);
        var peers = Enumerable.Range(1, 8).Select(i => Key(i).PeerId).ToArray();
        foreach (var peer in peers.Take(4))
            store.AddAddresses(peer, [One], AddressTtl.General, AddressSource.Manual);
        store.OnConnected(peers[0]);
        store.SetTag(peers[1], "friend");
        store.AddAddresses(peers[4], [One], AddressTtl.General, AddressSource.Manual);
        CollectionAssert.AreEquivalent(new[] { peers[0], peers[1], peers[3], peers[4] }, store.Peers.ToArray());
        store.OnConnected(peers[3]);
        store.OnConnected(peers[4]);
        store.AddAddresses(peers[5], [One], AddressTtl.General, AddressSource.Manual);
        Assert.AreEqual(4, store.Count, "of peers that must stay none goes");
        Assert.AreEqual(0, store.GetAddresses(peers[5]).Count);
    }

    [TestMethod]
    public void Keeps_a_bounded_number_of_addresses_of_one_peer()
    {
        var store = Create();
        var peer = Key(1).PeerId;
        store.AddAddresses(peer, Enumerable.Range(0, 10_000).Select(i => Multiaddress.Parse($"/ip4/1.2.{i / 250}.{i % 250}/tcp/4001")), AddressTtl.General, AddressSource.Routing);
        Assert.AreEqual(64, store.GetAddresses(peer).Count);
    }

    [TestMethod]
    public void A_journal_gives_each_changed_peer_once_and_what_was_forgotten_as_nothing()
    {
        var store = Create();
        store.AddAddresses(Key(9).PeerId, [One], AddressTtl.General, AddressSource.Manual);
        var journal = store.OpenJournal();
        var (kept, gone) = (Key(1).PeerId, Key(2).PeerId);
        store.AddAddresses(kept, [One], AddressTtl.General, AddressSource.Manual);
        store.SetProtocols(kept, ["/a"]);
        store.AddAddresses(gone, [One], AddressTtl.General, AddressSource.Manual);
        store.Remove(gone);
        var changes = journal.Take(100, out var overflowed);
        Assert.IsFalse(overflowed);
        Assert.AreEqual(2, changes.Count);
        Assert.IsNull(changes.Single(change => change.Peer == gone).State);
        Assert.AreEqual(1, changes.Single(change => change.Peer == kept).State!.Protocols.Count);
        Assert.AreEqual(0, journal.Count);
    }

    [TestMethod]
    public void A_journal_that_nobody_reads_stays_bounded_and_says_so()
    {
        var store = new PeerStore(new PeerStoreOptions { MaxPeers = 10 }, _time);
        var journal = store.OpenJournal();
        for (var i = 0; i < 100; i++)
            store.AddAddresses(Key(i + 1).PeerId, [One], AddressTtl.General, AddressSource.Manual);
        Assert.IsLessThanOrEqualTo(20, journal.Count);
        journal.Take(5, out var overflowed);
        Assert.IsTrue(overflowed);
        journal.Take(5, out overflowed);
        Assert.IsFalse(overflowed);
    }

    [TestMethod]
    public void What_one_store_writes_another_reads()
    {
        var store = Create();
        var key = Key(1);
        store.ConsumeRecord(PeerRecord.Seal(key, 5, [One]), AddressTtl.General);
        store.OnConnected(key.PeerId);
        store.AddAddresses(key.PeerId, [Two], AddressTtl.Connected, AddressSource.Identify);
        store.MarkDialed(key.PeerId, Two, succeeded: true);
        store.SetProtocols(key.PeerId, ["/a"]);
        store.SetVersions(key.PeerId, "agent/1", "ipfs/0.1.0");
        store.SetTag(key.PeerId, "friend", 3);
        var copy = Create();
        copy.Import(store.Get(key.PeerId)!);
        var read = copy.GetStoredAddresses(key.PeerId).ToDictionary(a => a.Address);
        Assert.IsTrue(read[One].IsCertified);
        Assert.AreEqual(true, read[Two].LastDialSucceeded);
        Assert.AreEqual(AddressTtl.General, read[Two].Remaining, "a connection's address is worth an hour in the next run");
        var snapshot = copy.Get(key.PeerId)!;
        Assert.AreEqual(("agent/1", "ipfs/0.1.0", 3), (snapshot.AgentVersion, snapshot.ProtocolVersion, snapshot.Tags["friend"]));
        Assert.IsTrue(copy.Supports(key.PeerId, "/a"));
        Assert.IsFalse(copy.ConsumeRecord(PeerRecord.Seal(key, 5, [Two]), AddressTtl.General), "the number is remembered");
    }

    [TestMethod]
    public void A_record_of_somebody_else_in_a_written_peer_is_left_out()
    {
        var store = Create();
        var forged = new PeerSnapshot
        {
            Peer = Key(1).PeerId,
            SignedRecord = PeerRecord.Seal(Key(2), 5, [One]).Envelope.Encoded,
            Addresses = [new AddressSnapshot(One, AddressSource.SignedRecord, DateTimeOffset.MaxValue, IsCertified: true, null)],
        };
        store.Import(forged);
        Assert.IsTrue(store.GetSignedRecord(Key(1).PeerId).IsEmpty);
        Assert.IsFalse(store.GetStoredAddresses(Key(1).PeerId).Single().IsCertified);
        Assert.AreEqual(0, store.GetAddresses(Key(2).PeerId).Count);
    }

    [TestMethod]
    public void A_key_that_is_not_the_peers_is_refused()
    {
        var store = Create();
        Assert.ThrowsExactly<ArgumentException>(() => store.AddPublicKey(Key(1).PeerId, Key(2).PublicKey));
        Assert.AreEqual(Key(1).PublicKey, store.GetPublicKey(Key(1).PeerId), "it is contained in the id");
    }

    private static PrivateKey Key(int number)
    {
        var seed = new byte[32];
        BitConverter.TryWriteBytes(seed, number);
        return PrivateKey.FromEd25519Seed(seed);
    }

    private PeerStore Create() => new(null, _time);
}
