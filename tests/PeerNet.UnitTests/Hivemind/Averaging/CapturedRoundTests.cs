using System.Text.Json;
using Google.Protobuf;
using PeerNet.Hivemind.Averaging;
using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Tensors;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Hivemind.Averaging;

/// <summary>A round of three real averagers, replayed with each of them in turn played by this code.</summary>
[TestClass]
public sealed class CapturedRoundTests
{
    private const int Patience = 60_000;

    // The capture's averagers had parts of 32 bytes.
    private const int PartLength = 8;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public void Every_message_is_read_and_written_again()
    {
        foreach (var message in AveragingVectors.Root.GetProperty("messages").EnumerateArray())
        {
            IMessage? parsed = message.Text("type") switch
            {
                "JoinRequest" => AveragingCodec.JoinRequest.TryDecode(message.Hex("hex")),
                "MessageFromLeader" => AveragingCodec.MessageFromLeader.TryDecode(message.Hex("hex")),
                "AveragingData" => AveragingCodec.AveragingData.TryDecode(message.Hex("hex")),
                "DownloadRequest" => AveragingCodec.DownloadRequest.TryDecode(message.Hex("hex")),
                _ => AveragingCodec.DownloadData.TryDecode(message.Hex("hex")),
            };
            Assert.AreEqual(message.Text("hex"), Convert.ToHexStringLower(parsed!.ToByteArray()), message.Text("type"));
        }
    }

    [TestMethod]
    public void Names_hashes_and_what_members_give_are_those_of_Python()
    {
        var methods = new AveragingMethods("DecentralizedAverager", "vec");
        CollectionAssert.AreEquivalent(
            AveragingVectors.Root.GetProperty("messages").EnumerateArray().Select(message => message.Text("handler")).Distinct().ToArray(),
            new[] { methods.Join.Name.Value, methods.Aggregate.Name.Value, methods.Download.Name.Value });
        Assert.AreEqual(AveragingVectors.Root.Text("schemaHash"), Convert.ToHexStringLower(TensorSchema.HashOf(AveragingVectors.Tensors("tensorsBefore", 0))));
        foreach (var message in AveragingVectors.Messages("rpc_join_group").Where(message => message.Text("type") == "JoinRequest"))
        {
            var request = AveragingCodec.JoinRequest.TryDecode(message.Hex("hex"))!;
            var given = GatherCodec.TryDecode(request.Gather.Span)!;
            Assert.AreEqual(Convert.ToHexStringLower(request.Gather.Span), Convert.ToHexStringLower(GatherCodec.Encode(given)));
            Assert.AreEqual(Array.IndexOf(AveragingVectors.Peers, AveragingVectors.Peer(message, "caller")), (int)((IntegerValue)((MapValue)given.User)["rank"]!).Value);
        }
    }

    [TestMethod]
    public void The_keys_after_the_group_are_those_of_Python()
    {
        var group = AveragingVectors.Group();
        var before = new GroupKey("vec", AveragingVectors.Root.Text("groupBitsBefore"));
        for (var i = 0; i < 3; i++)
        {
            var after = before.After(group.Id.Span, 3, group.IndexOf(AveragingVectors.Peers[i]), null);
            var target = before.After(group.Id.Span, 3, group.IndexOf(AveragingVectors.Peers[i]), 4);
            Assert.AreEqual(AveragingVectors.Root.GetProperty("groupBitsAfter")[i].GetString(), after.Bits);
            Assert.AreEqual(after, target);
        }
    }

    [TestMethod]
    public void Captured_records_are_read()
    {
        foreach (var record in AveragingVectors.Root.GetProperty("records").EnumerateArray())
        {
            Assert.AreEqual(record.Text("keyId"), DhtId.OfKey(record.Text("key")).ToString());
            var items = record.GetProperty("stored").EnumerateArray().ToDictionary(
                entry => Subkey.Of(entry.Hex("subkey")),
                entry => new DhtValueResult(ValueReader.TryRead(entry.Hex("value"), out var value) ? value : HivemindValue.Nil, new DhtExpiration(entry.GetProperty("expiration").GetDouble())));
            var found = new DhtDictionaryResult(items, DhtExpiration.Never);

            // All have withdrawn by then, and all give their state.
            Assert.IsEmpty(GroupDirectory.ReadCandidates(found));
            var looking = found with { Items = items.ToDictionary(item => item.Key, item => item.Value with { Value = true }) };
            CollectionAssert.AreEquivalent(AveragingVectors.Peers, GroupDirectory.ReadCandidates(looking).Select(candidate => candidate.Peer).ToArray());
            if (record.Text("key") == "vec.all_averagers")
                CollectionAssert.AreEquivalent(AveragingVectors.Peers.Select(peer => (peer, 0.0)).ToArray(), GroupDirectory.ReadDonors(found).ToArray());
        }
    }

    [TestMethod, DataRow(0), DataRow(1), DataRow(2), Timeout(Patience, CooperativeCancellation = true)]
    public async Task Every_member_sends_answers_and_ends_as_it_did(int index)
    {
        var own = AveragingVectors.Peers[index];
        var sent = new List<string>();
        var served = new List<Task<string>>();
        await using var readers = new ReaderList();
        var round = MakeRound(index, (member, requests, _) => ReplayAsync(own, member, requests, sent));
        var running = round.RunAsync(Token);
        foreach (var caller in AveragingVectors.Peers.Where(peer => peer != own))
        {
            var requests = Between(caller, own, "request").Select(AveragingVectors.Data).ToArray();
            if (requests.Length == 0)
                continue;
            served.Add(CollectAsync(round.ServeAsync(caller, requests[0], readers.Add(ToStream(requests[1..]), Token), Token)));
        }

        var delta = await running;
        var answers = await Task.WhenAll(served);
        var expected = AveragingVectors.Peers.Where(peer => peer != own).Select(caller => string.Join(' ', Between(caller, own, "response").Select(message => message.Text("hex")))).Where(text => text.Length > 0).ToArray();
        CollectionAssert.AreEqual(expected, answers);
        CollectionAssert.AreEquivalent(
            AveragingVectors.Messages("rpc_aggregate_part").Where(message => message.Text("kind") == "request" && AveragingVectors.Peer(message, "caller") == own).Select(message => message.Text("hex")).ToArray(), sent);
        var before = Vector("tensorsBefore", index);
        CollectionAssert.AreEqual(Vector("tensorsAfter", index), before.Zip(delta, (value, change) => value + change).ToArray());
        Assert.AreEqual(before.Length, round.ReceivedElements);
    }

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public async Task The_downloaded_state_is_given_as_it_was()
    {
        var after = AveragingVectors.Tensors("tensorsAfter", 0);
        var expected = AveragingVectors.Messages("rpc_download_state").Where(message => message.Text("kind") == "response").Select(message => message.Text("hex")).ToArray();
        var given = new List<string>();
        await foreach (var answer in StateTransfer.GiveAsync(after, HivemindValue.Map(("group_key", "01"))).WithCancellation(Token))
            given.Add(Convert.ToHexStringLower(answer.ToByteArray()));
        CollectionAssert.AreEqual(expected, given);
    }

    private static async Task<string> CollectAsync(IAsyncEnumerable<WireAveragingData> answers)
    {
        var texts = new List<string>();
        await foreach (var answer in answers)
            texts.Add(Convert.ToHexStringLower(answer.ToByteArray()));
        return string.Join(' ', texts);
    }

    private static async IAsyncEnumerable<WireAveragingData> ReplayAsync(PeerId own, PeerId member, IAsyncEnumerable<WireAveragingData> requests, List<string> sent)
    {
        await foreach (var request in requests)
        {
            lock (sent)
                sent.Add(Convert.ToHexStringLower(request.ToByteArray()));
        }

        foreach (var answer in Between(own, member, "response"))
            yield return AveragingVectors.Data(answer);
    }

    private static IEnumerable<JsonElement> Between(PeerId caller, PeerId servicer, string kind) => AveragingVectors.Messages("rpc_aggregate_part")
        .Where(message => message.Text("kind") == kind && AveragingVectors.Peer(message, "caller") == caller && AveragingVectors.Peer(message, "servicer") == servicer);

    private static async IAsyncEnumerable<WireAveragingData> ToStream(IEnumerable<WireAveragingData> messages)
    {
        foreach (var message in messages)
        {
            await Task.Yield();
            yield return message;
        }
    }

    private static float[] Vector(string member, int index) => [.. AveragingVectors.Tensors(member, index).SelectMany(tensor => tensor.ToSingles())];

    private static AllReduce MakeRound(int index, Func<PeerId, IAsyncEnumerable<WireAveragingData>, CancellationToken, IAsyncEnumerable<WireAveragingData>> call)
    {
        var group = AveragingVectors.Group();
        var members = group.Gathered.Select(gathered => GatherCodec.TryDecode(gathered.Span)!).ToArray();
        var shares = PeerShares.Of(17, members)!;
        return new AllReduce(new AllReduceRound
        {
            Group = group,
            OwnIndex = group.IndexOf(AveragingVectors.Peers[index]),
            Vector = Vector("tensorsBefore", index),
            Partition = new TensorPartition([12, 5], [.. shares.Select(share => (double)share)], PartLength),
            Weight = AveragingVectors.Weights[index],
            Compression = TensorCompression.None,
            SenderTimeout = TimeSpan.FromSeconds(30),
            ReducerTimeout = TimeSpan.FromSeconds(30),
            Time = TimeProvider.System,
            CallAsync = call,
        });
    }

    private sealed class ReaderList : IAsyncDisposable
    {
        private readonly List<TimedReader<WireAveragingData>> _readers = [];

        public TimedReader<WireAveragingData> Add(IAsyncEnumerable<WireAveragingData> messages, CancellationToken token)
        {
            _readers.Add(new TimedReader<WireAveragingData>(messages, TimeProvider.System, token));
            return _readers[^1];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var reader in _readers)
                await reader.DisposeAsync();
        }
    }
}
