using System.Text.Json;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Petals;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Hivemind.Petals;

/// <summary>Announcements that real Petals wrote, and odd ones with the verdict of its reader.</summary>
[TestClass]
public sealed class ServerInfoTests
{
    private const string File = "petals-records.json";

    [TestMethod]
    public void Captured_announcements_are_read_and_written_again_byte_for_byte()
    {
        var count = 0;
        foreach (var entry in HivemindVectors.Entries(File).Where(entry => entry.Text("key") != PetalsProtocol.ModelsKey))
        {
            Assert.AreEqual(entry.Text("keyId"), DhtId.OfKey(entry.Text("key")).ToString());
            foreach (var item in Dictionary(entry).Items)
            {
                Assert.IsTrue(ValueReader.TryRead(item.Value.Span, out var value), entry.Text("name"));
                Assert.IsTrue(ServerInfoCodec.TryDecode(value, out var info), entry.Text("name"));

                // One of the servers leaves keys out and has one that nobody knows: those bytes are not ours to write.
                if (info.NextPings?.ContainsKey("x") == true)
                    continue;
                Assert.AreEqual(Convert.ToHexStringLower(item.Value.Span), Convert.ToHexStringLower(ServerInfoCodec.Encode(info).ToBytes()), entry.Text("name"));
                count++;
            }
        }

        Assert.IsGreaterThanOrEqualTo(5, count);
    }

    [TestMethod]
    public void The_computed_vector_is_written()
    {
        var info = new ServerInfo
        {
            State = ServerState.Online,
            Throughput = 7,
            StartBlock = 0,
            EndBlock = 2,
            Version = "2.3.0.dev2",
            NetworkRps = 10,
            ForwardRps = 20,
            InferenceRps = 5.5,
            TorchDtype = "float16",
            QuantType = "nf4",
            UsingRelay = false,
            CacheTokensLeft = 4096,
            NextPings = new Dictionary<string, double> { ["QmR4fcPXsymNfZDZtfzBQie2KzMm8J47gV1v6bVppih2oT"] = 0.25 },
        };
        const string Expected = "c8011b409302cb401c0000000000008dab73746172745f626c6f636b00a9656e645f626c6f636b02ab7075626c69635f6e616d65c0a776657273696f6eaa322e332e302e64657632ab6e6574776f726b5f727073cb4024000000000000ab666f72776172645f727073cb4034000000000000ad696e666572656e63655f727073cb4016000000000000a86164617074657273d44090ab746f7263685f6474797065a7666c6f61743136aa7175616e745f74797065a36e6634ab7573696e675f72656c6179c2b163616368655f746f6b656e735f6c656674cd1000aa6e6578745f70696e677381d92e516d52346663505873796d4e665a445a74667a42516965324b7a4d6d384a34376756317636625670706968326f54cb3fd0000000000000";
        Assert.AreEqual(Expected, Convert.ToHexStringLower(ServerInfoCodec.Encode(info).ToBytes()));
        Assert.IsTrue(ServerInfoCodec.TryDecode(ServerInfoCodec.Encode(info), out var again));
        Assert.AreEqual(info, again);
    }

    [TestMethod]
    public void Odd_announcements_get_the_verdict_of_Petals()
    {
        foreach (var entry in HivemindVectors.Entries(File, "odd"))
        {
            var value = HivemindVectors.Value(entry.GetProperty("value"));
            var end = new DhtExpiration(2e9);
            DhtResult found = entry.GetProperty("subkey").ValueKind == JsonValueKind.Null
                ? new DhtValueResult(value, end)
                : new DhtDictionaryResult(new Dictionary<Subkey, DhtValueResult> { [Subkey.Of(HivemindVectors.Value(entry.GetProperty("subkey")))] = new(value, end) }, end);
            Assert.AreEqual(entry.GetProperty("accepted").GetBoolean(), PetalsDirectory.ReadBlock(0, found).Servers.Count == 1, entry.Text("name"));
        }
    }

    [TestMethod]
    public void The_registry_is_read_and_written()
    {
        var registry = HivemindVectors.Entries(File).Single(entry => entry.Text("key") == PetalsProtocol.ModelsKey);
        var item = Dictionary(registry).Items.Single();
        Assert.IsTrue(ValueReader.TryRead(item.Value.Span, out var value));
        Assert.IsTrue(ModelInfo.TryDecode(value, out var model));
        Assert.AreEqual(Convert.ToHexStringLower(item.Value.Span), Convert.ToHexStringLower(model.Encode().ToBytes()));
        Assert.AreEqual("82aa6e756d5f626c6f636b7350aa7265706f7369746f7279ba68747470733a2f2f68756767696e67666163652e636f2f782f79",
            Convert.ToHexStringLower(new ModelInfo(80, "https://huggingface.co/x/y").Encode().ToBytes()));
        Assert.IsFalse(ModelInfo.TryDecode(HivemindValue.Map(("num_blocks", 0)), out _));
        Assert.IsFalse(ModelInfo.TryDecode(HivemindValue.Map(("num_blocks", 1.0)), out _));
    }

    [TestMethod]
    public void What_Petals_reads_is_what_is_read_here()
    {
        var stored = HivemindVectors.Entries(File).GroupBy(entry => entry.Text("key")).ToDictionary(group => group.Key, group => group.ToArray());
        foreach (var module in HivemindVectors.Entries(File, "petalsReads"))
        {
            if (!stored.TryGetValue(module.Text("uid"), out var entries))
                continue;
            var expected = module.GetProperty("servers").EnumerateObject().ToArray();
            var matching = entries.Select(entry => PetalsDirectory.ReadBlock(0, ToResult(Dictionary(entry)))).Where(block => block.Servers.Count == expected.Length
                && expected.All(server => block.Servers[PeerId.Parse(server.Name)].State.ToString().Equals(server.Value.Text("state"), StringComparison.OrdinalIgnoreCase)));
            var read = matching.First();
            foreach (var server in expected)
            {
                var info = read.Servers[PeerId.Parse(server.Name)];
                Assert.AreEqual(server.Value.GetProperty("throughput").GetDouble(), info.Throughput);
                Assert.AreEqual(server.Value.GetProperty("start_block").GetInt32(), info.StartBlock);
                Assert.AreEqual(server.Value.GetProperty("end_block").GetInt32(), info.EndBlock);
                foreach (var ping in server.Value.GetProperty("next_pings").EnumerateObject())
                    Assert.AreEqual(ping.Value.GetDouble(), info.NextPings![ping.Name]);
            }
        }
    }

    private static DictionaryEntry Dictionary(JsonElement entry)
    {
        Assert.IsTrue(DictionaryCodec.TryDecode(entry.Hex("stored"), out var dictionary));
        return dictionary;
    }

    private static DhtDictionaryResult ToResult(DictionaryEntry dictionary) => new(
        dictionary.Items.ToDictionary(item => item.Subkey, item => new DhtValueResult(ValueReader.TryRead(item.Value.Span, out var value) ? value : HivemindValue.Nil, item.Expiration)),
        dictionary.Expiration);
}
