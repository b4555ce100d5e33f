using PeerNet.Hivemind.Averaging;
using PeerNet.Hivemind.Dht;
using PeerNet.Identity;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Hivemind.Averaging;

[TestClass]
public sealed class LeaderQueueTests
{
    private static readonly TimeSpan Matchmaking = TimeSpan.FromSeconds(5);
    private static readonly PeerId[] Peers = [.. Enumerable.Range(1, 4).Select(i => PeerStreamPair.KeyOf((byte)i).PeerId).Order()];
    private readonly LeaderQueue _queue = new(Peers[1], Matchmaking);

    [TestMethod]
    public void Who_begins_earlier_is_asked_first_and_once()
    {
        Candidate[] found = [At(104, 2), At(103, 3), At(102, 1), At(105, 0)];
        _queue.Update(found, new DhtExpiration(100));
        Assert.AreEqual(Peers[3], Take(104.5));
        Assert.AreEqual(Peers[2], Take(104.5));
        Assert.IsNull(Take(104.5));
        _queue.Update(found, new DhtExpiration(100));
        Assert.IsNull(Take(104.5));
        Assert.AreEqual(Peers[0], Take(double.PositiveInfinity));
    }

    [TestMethod]
    public void At_the_same_time_the_lower_id_leads()
    {
        _queue.Update([At(104, 0), At(104, 2)], new DhtExpiration(100));
        Assert.AreEqual(Peers[0], Take(104));
        Assert.IsNull(Take(104));
    }

    [TestMethod]
    public void Announcements_that_have_ended_are_skipped()
    {
        _queue.Update([At(104, 0)], new DhtExpiration(100));
        Assert.IsNull(_queue.TryTake(new DhtExpiration(105), DhtExpiration.Never));
    }

    [TestMethod]
    public void Lookups_are_due_when_somebody_unseen_may_begin_earlier()
    {
        var now = new DhtExpiration(100);
        Assert.IsTrue(_queue.NeedsLookup(now, DhtExpiration.Never));

        // Everyone who begins before 102 has been seen: five seconds of search, less three for the clocks.
        _queue.Update([At(101, 0), At(101.5, 2)], now);
        Assert.IsFalse(_queue.NeedsLookup(now, DhtExpiration.Never));
        _queue.Update([At(104, 0)], now);
        Assert.IsTrue(_queue.NeedsLookup(now, DhtExpiration.Never));
        Assert.IsFalse(_queue.NeedsLookup(now, new DhtExpiration(103)));
    }

    private static Candidate At(double time, int peer) => new(new DhtExpiration(time), Peers[peer]);

    private PeerId? Take(double declared) => _queue.TryTake(new DhtExpiration(100), new DhtExpiration(declared));
}
