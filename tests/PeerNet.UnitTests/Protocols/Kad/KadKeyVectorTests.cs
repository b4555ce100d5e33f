using System.Text.Json;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Table;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class KadKeyVectorTests
{
    private static readonly JsonElement File = Open();
    private static readonly PeerId[] Peers = [.. File.GetProperty("peers").EnumerateArray().Select(row => PeerId.Parse(row.GetProperty("id").GetString()!))];
    private static readonly KadKey[] Keys = [.. Peers.Select(KadKey.Of)];

    [TestMethod]
    public void The_key_of_a_peer_is_the_hash_of_its_id()
    {
        var rows = File.GetProperty("peers").EnumerateArray().ToArray();
        for (var i = 0; i < rows.Length; i++)
            Assert.AreEqual(rows[i].GetProperty("key").GetString(), Keys[i].ToString());
    }

    [TestMethod]
    public void The_whole_order_around_every_target_is_the_same()
    {
        foreach (var target in File.GetProperty("targets").EnumerateArray())
        {
            var name = target.GetProperty("name").GetString();
            var key = KadKey.Of(target.Bytes("raw"));
            Assert.AreEqual(target.GetProperty("key").GetString(), key.ToString(), name);
            var order = Enumerable.Range(0, Keys.Length).OrderBy(i => Keys[i].DistanceTo(key)).ToArray();
            CollectionAssert.AreEqual(Numbers(target, "order"), order, name);
            CollectionAssert.AreEqual(Numbers(target, "commonPrefixLengths"), Keys.Select(peer => peer.CommonPrefixLength(key)).ToArray(), name);
            var nearest = target.GetProperty("nearest20").EnumerateArray().ToArray();
            for (var i = 0; i < nearest.Length; i++)
            {
                Assert.AreEqual(nearest[i].GetProperty("id").GetString(), Peers[order[i]].ToString());
                Assert.AreEqual(nearest[i].GetProperty("distance").GetString(), Keys[order[i]].DistanceTo(key).ToString());
            }
        }
    }

    [TestMethod]
    public void Distances_of_pairs_are_the_same()
    {
        foreach (var pair in File.GetProperty("pairs").EnumerateArray())
        {
            var (a, b) = (Keys[pair.GetProperty("a").GetInt32()], Keys[pair.GetProperty("b").GetInt32()]);
            Assert.AreEqual(pair.GetProperty("distance").GetString(), a.DistanceTo(b).ToString());
            Assert.AreEqual(pair.GetProperty("commonPrefixLength").GetInt32(), a.CommonPrefixLength(b));
            Assert.AreEqual(pair.GetProperty("aCloserToB0").GetBoolean(), a.DistanceTo(Keys[0]) < b.DistanceTo(Keys[0]));
        }
    }

    [TestMethod]
    public void A_table_puts_every_peer_into_the_same_bucket()
    {
        var table = new RoutingTable(Peers[0], new RoutingTableOptions { BucketSize = Peers.Length });
        foreach (var peer in Peers.Skip(1))
        {
            table.Consider(peer, [], default);
            Assert.IsTrue(table.OnAnswered(peer, default));
        }

        var members = table.GetMembers();
        foreach (var bucket in File.GetProperty("bucketsSeenFromPeer0").EnumerateArray())
        {
            var expected = Numbers(bucket, "peers").Select(i => Peers[i]).ToHashSet();
            var length = bucket.GetProperty("commonPrefixLength").GetInt32();
            if (length == KadKey.Bits)
                continue;
            Assert.AreEqual(bucket.GetProperty("count").GetInt32(), expected.Count);
            Assert.IsTrue(expected.SetEquals(members.Where(member => member.Bucket == length).Select(member => member.Peer)), $"bucket {length}");
        }
    }

    [TestMethod]
    public void A_table_names_the_nearest_in_order()
    {
        var table = new RoutingTable(Peers[0], new RoutingTableOptions { BucketSize = Peers.Length });
        foreach (var peer in Peers.Skip(1))
        {
            table.Consider(peer, [], new Instant(1));
            table.OnAnswered(peer, new Instant(1));
        }

        foreach (var target in File.GetProperty("targets").EnumerateArray())
        {
            var key = KadKey.Of(target.Bytes("raw"));
            var expected = Numbers(target, "order").Where(i => i != 0).Take(20).Select(i => Peers[i]).ToArray();
            CollectionAssert.AreEqual(expected, table.Closest(key, 20).ToArray(), target.GetProperty("name").GetString());
        }
    }

    private static int[] Numbers(JsonElement row, string field) => [.. row.GetProperty(field).EnumerateArray().Select(item => item.GetInt32())];

    private static JsonElement Open()
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(TestData.PathOf("kad", "math.json")));
        return document.RootElement.Clone();
    }
}
