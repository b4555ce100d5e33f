using System.Security.Cryptography;
using System.Text;
using CsCheck;
using PeerNet.Hivemind.Dht;
using PeerNet.Identity;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Hivemind.Dht;

[TestClass]
public sealed class DhtRoutingTableTests
{
    [TestMethod]
    public void Splits_as_Python_does()
    {
        var table = new DhtRoutingTable(IdOf("me"), 3, 5);
        for (var i = 0; i < 50; i++)
            table.AddOrUpdate(Node(IdOf(i.ToString()), i));
        var expected = "(5,2,0) (5,2,0) (5,3,0) (5,1,0) (3,3,0) (3,3,0) (4,2,0) (5,3,0) (5,1,0) (4,2,0) (5,3,1) (5,2,0) (4,2,0) (6,2,0) (6,2,0) (5,2,0) (5,1,0) (5,3,0) (4,2,0) (4,0,0) (5,3,0) (5,3,2)";
        Assert.AreEqual(expected, string.Join(' ', table.Buckets.Select(bucket => $"({bucket.Depth},{bucket.Live.Count},{bucket.Waiting.Count})")));
        var nearest = table.Nearest(IdOf("query"), 5).Select(node => node.Id).ToArray();
        CollectionAssert.AreEqual(new[] { "12", "41", "3", "29", "48" }.Select(IdOf).ToArray(), nearest);
    }

    [TestMethod]
    public void The_newest_that_waits_takes_the_place_of_one_that_is_removed()
    {
        var table = new DhtRoutingTable(IdOf("me"), 2, 1);
        var far = Enumerable.Range(0, 200).Select(i => IdOf($"n{i}")).Where(id => id.Bit(0) != IdOf("me").Bit(0)).Take(4).ToArray();
        DhtNodeAddress? doubted = null;
        for (var i = 0; i < far.Length; i++)
            doubted = table.AddOrUpdate(Node(far[i], i)) ?? doubted;
        Assert.IsNotNull(doubted);
        table.Remove(far[0]);
        CollectionAssert.AreEquivalent(new[] { far[1], far[3] }, table.Nearest(far[0], 9).Select(node => node.Id).ToArray());
    }

    [TestMethod]
    public void A_peer_has_one_place_and_cannot_take_that_of_another()
    {
        var table = new DhtRoutingTable(IdOf("me"), 20, 5);
        for (var i = 0; i < 1000; i++)
            table.AddOrUpdate(Node(IdOf($"sybil{i}"), 7));
        Assert.AreEqual(1, table.Count);
        table.AddOrUpdate(Node(IdOf("honest"), 1));
        Assert.AreEqual(PeerOf(1), table.AddOrUpdate(Node(IdOf("honest"), 7))!.Value.Peer);
        Assert.AreEqual(PeerOf(1), table.Nearest(IdOf("honest"), 1)[0].Peer);
    }

    [TestMethod]
    public void Holds_what_a_plain_set_would_and_stays_bounded()
        => Gen.Select(Gen.Int[0, 80], Gen.Bool).Array[1, 200].Sample(steps =>
        {
            var table = new DhtRoutingTable(IdOf("me"), 4, 3);
            foreach (var (number, add) in steps)
            {
                if (add)
                    table.AddOrUpdate(Node(IdOf(number.ToString()), number));
                else
                    table.Remove(IdOf(number.ToString()));
            }

            var live = table.Buckets.SelectMany(bucket => bucket.Live).ToArray();
            var all = live.Concat(table.Buckets.SelectMany(bucket => bucket.Waiting)).ToArray();
            Assert.AreEqual(table.Count, all.Length);
            Assert.AreEqual(all.Length, all.Select(node => node.Id).Distinct().Count());
            Assert.IsTrue(table.Buckets.All(bucket => bucket.Live.Count <= 4 && bucket.Waiting.Count <= 4 && bucket.Live.Concat(bucket.Waiting).All(node => bucket.Contains(node.Id))));
        }, iter: 500);

    internal static DhtId IdOf(string text) => DhtId.TryDecode(SHA1.HashData(Encoding.UTF8.GetBytes(text)), out var id) ? id : default;

    internal static PeerId PeerOf(int number)
    {
        byte[] multihash = [0x12, 0x20, .. SHA256.HashData(BitConverter.GetBytes(number))];
        return PeerId.TryDecode(multihash, out var peer) ? peer : throw new FormatException();
    }

    private static DhtNodeAddress Node(DhtId id, int peer) => new(id, PeerOf(peer));
}
