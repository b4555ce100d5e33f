using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Moe;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Hivemind.Moe;

[TestClass]
public sealed class ExpertRecordsTests
{
    private static readonly DhtExpiration End = new(4102444800);

    [TestMethod]
    public void Declarations_are_those_of_Python()
    {
        var file = HivemindVectors.Load("expert-records.json");
        var peer = PeerId.Parse(file.Text("peerId"));
        foreach (var group in HivemindVectors.Entries("expert-records.json").Where(entry => entry.GetProperty("uid").GetString() is not null).GroupBy(entry => entry.Text("uid")))
        {
            var items = ExpertRecords.Declare([ExpertUid.Parse(group.Key)], peer, End);
            Assert.HasCount(group.Count(), items);
            foreach (var (entry, item) in group.Zip(items))
            {
                Assert.AreEqual(entry.Text("keyId"), DhtId.OfKey(item.Key).ToString(), entry.Text("key"));
                byte[] stored = item.Subkey is null ? item.Value.ToBytes() : DictionaryCodec.Encode(new DictionaryEntry([new DictionaryItem(item.Subkey, item.Value.ToBytes(), End)], End), End);
                Assert.AreEqual(entry.Text("stored"), Convert.ToHexStringLower(stored), entry.Text("key"));
            }
        }
    }

    [TestMethod]
    public void Captured_records_are_read()
    {
        foreach (var entry in HivemindVectors.Entries("expert-records.json"))
        {
            if (entry.Text("kind") == "regular")
            {
                Assert.IsTrue(ValueReader.TryRead(entry.Hex("stored"), out var value));
                Assert.AreEqual(HivemindVectors.Load("expert-records.json").Text("peerId"), ExpertRecords.ReadExpert(ExpertUid.Parse(entry.Text("uid")), new DhtValueResult(value, End))?.Peer.ToString());
                continue;
            }

            Assert.IsTrue(DictionaryCodec.TryDecode(entry.Hex("stored"), out var dictionary));
            var item = dictionary.Items.Single();
            Assert.IsTrue(ValueReader.TryRead(item.Value.Span, out var content));
            var successors = ExpertRecords.ReadSuccessors(new DhtDictionaryResult(new Dictionary<Subkey, DhtValueResult> { [item.Subkey] = new(content, End) }, End));
            if (entry.GetProperty("uid").GetString() is { } uid)
                Assert.AreEqual(uid, successors[entry.GetProperty("subkey").GetInt32()].Uid.Text);
            else
                Assert.IsEmpty(successors);
        }
    }

    [TestMethod]
    public void A_missing_prefix_is_noted_as_Python_notes_it()
    {
        var entry = HivemindVectors.Entries("expert-records.json").Single(entry => entry.GetProperty("uid").GetString() is null);
        var item = ExpertRecords.Missing(ExpertPrefix.Parse(entry.Text("key")), End);
        Assert.AreEqual(entry.Text("keyId"), DhtId.OfKey(item.Key).ToString());
        Assert.AreEqual((entry.GetProperty("subkey").GetInt32(), "c0"), ((int)((IntegerValue)item.Subkey!.Value).Value, Convert.ToHexStringLower(item.Value.ToBytes())));
    }

    [TestMethod]
    [DataRow("ffn.0", true), DataRow("ffn.5.6.7", true), DataRow("a b.3", true), DataRow("ffn", false), DataRow("ffn.", false), DataRow(".1", false)]
    [DataRow("ffn.01", false), DataRow("ffn.-1", false), DataRow("ffn.1.", false), DataRow("ffn.1..2", false), DataRow("ffn.+1", false), DataRow("ffn.1\0", false), DataRow("", false)]
    public void Uids_follow_the_grammar(string text, bool isUid) => Assert.AreEqual(isUid, ExpertUid.TryParse(text, out _));

    [TestMethod]
    [DataRow("ffn.", true), DataRow("ffn.5.", true), DataRow("ffn", false), DataRow(".", false), DataRow("ffn..", false), DataRow("ffn.05.", false)]
    public void Prefixes_follow_the_grammar(string text, bool isPrefix) => Assert.AreEqual(isPrefix, ExpertPrefix.TryParse(text, out _));

    [TestMethod]
    public void Odd_successors_are_left_out()
    {
        var peer = HivemindVectors.Load("expert-records.json").Text("peerId");
        var good = HivemindValue.Tuple("ffn.1.2", peer);
        var items = new Dictionary<Subkey, DhtValueResult>
        {
            [Subkey.Of(1)] = new(good, End),
            [Subkey.Of(-2)] = new(good, End),
            [Subkey.Of("3")] = new(good, End),
            [Subkey.Of(4)] = new(HivemindValue.List("ffn.1.2", peer), End),
            [Subkey.Of(5)] = new(HivemindValue.Tuple("ffn", peer), End),
            [Subkey.Of(6)] = new(HivemindValue.Tuple("ffn.1.2", "no peer"), End),
            [Subkey.Of(7)] = new(HivemindValue.Tuple("ffn.1.2"), End),
            [Subkey.Of(8L << 32)] = new(good, End),
        };
        CollectionAssert.AreEqual(new[] { 1 }, ExpertRecords.ReadSuccessors(new DhtDictionaryResult(items, End)).Keys.ToArray());
    }
}
