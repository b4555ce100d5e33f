using PeerNet.Hivemind;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Hivemind;

/// <summary>The table and its calls between a node of ours and real Hivemind nodes, in both roles and both orders of joining.</summary>
[TestClass, TestCategory("Interop"), TestCategory("LongRunning")]
public sealed class DhtInteropTests
{
    private const int Patience = 300_000;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    private static DhtExpiration Soon => DhtExpiration.From(DateTimeOffset.UtcNow) + TimeSpan.FromMinutes(10);

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Hivemind);

    [TestMethod, DataRow(true), DataRow(false), Timeout(Patience, CooperativeCancellation = true)]
    public Task Every_kind_of_value_under_every_kind_of_subkey_passes_both_ways(bool weJoin)
        => RunAsync(weJoin, (node, peer) => RecordExchange.RunAsync(node, peer, RecordExchange.Kinds.Count * RecordExchange.Subkeys.Count, Token));

    [TestMethod, DataRow(true), DataRow(false), Timeout(Patience, CooperativeCancellation = true)]
    public Task Dictionaries_grow_from_both_sides(bool weJoin) => RunAsync(weJoin, async (node, peer) =>
    {
        Assert.IsTrue(await node.Dht.StoreAsync("shared", HivemindValue.Tuple(2, 7.0), Soon, "ours", Token));
        var stored = await peer.CallAsync("store", new { key = "shared", subkey = "theirs", value = 5, ttl = 700 }, cancellation: Token);
        Assert.IsTrue(stored.GetProperty("stored").GetBoolean());
        Assert.IsTrue(await node.Dht.StoreAsync("shared", true, Soon, Subkey.Of(HivemindValue.Bytes([1, 2])), Token));

        var found = (DhtDictionaryResult)(await node.Dht.GetAsync("shared", latest: true, Token))!;
        Assert.HasCount(3, found.Items);
        Assert.AreEqual((HivemindValue)5, found.Items["theirs"].Value);
        var seen = await peer.CallAsync("get", new { key = "shared", latest = true }, cancellation: Token);
        Assert.AreEqual("dictionary", seen.Text("kind"));
        Assert.HasCount(3, seen.Items("subkeys"));
    });

    [TestMethod, DataRow(true), DataRow(false), Timeout(Patience, CooperativeCancellation = true)]
    public Task What_ends_later_wins_and_a_tie_loses(bool weJoin) => RunAsync(weJoin, async (node, peer) =>
    {
        var end = Soon;
        Assert.IsTrue(await node.Dht.StoreAsync("k", 1, end, token: Token));
        Assert.IsFalse(await node.Dht.StoreAsync("k", 2, end, token: Token));
        var tie = await peer.CallAsync("store", new { key = "k", value = 3, expiration = end.Seconds }, cancellation: Token);
        Assert.IsFalse(tie.GetProperty("stored").GetBoolean());
        var later = await peer.CallAsync("store", new { key = "k", value = 4, expiration = end.Next().Seconds }, cancellation: Token);
        Assert.IsTrue(later.GetProperty("stored").GetBoolean());
        Assert.AreEqual((HivemindValue)4, ((DhtValueResult)(await node.Dht.GetAsync("k", latest: true, Token))!).Value);
    });

    [TestMethod, DataRow(true), DataRow(false), Timeout(Patience, CooperativeCancellation = true)]
    public Task Both_enter_each_other_in_their_tables(bool weJoin) => RunAsync(weJoin, async (node, peer) =>
    {
        var pinged = await peer.CallAsync("dhtPing", new { peer = node.Node.PeerId.ToString(), validate = true }, cancellation: Token);
        Assert.AreEqual(node.Dht.NodeId.ToString(), pinged.Text("nodeId"));
        Assert.AreEqual(peer.Ready.Text("nodeId"), (await node.Dht.PingAsync(PeerId.Parse(peer.PeerId), Token))?.ToString());
        Assert.AreEqual(1, node.Dht.KnownNodes);
        StringAssert.Contains((await peer.CallAsync("routingTable", new { }, cancellation: Token)).ToString(), node.Dht.NodeId.ToString());
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task A_client_reads_and_stores_and_is_in_no_table() => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(PeerKind.Hivemind, null, Token);
        await using var node = await HivemindNode.JoinAsync(peer, new DhtOptions { ClientMode = true }, Token);
        Assert.IsTrue((await node.Dht.StoreManyAsync([new DhtStoreItem("c", "v", Soon)], excludeSelf: true, Token))[0]);
        var seen = await peer.CallAsync("get", new { key = "c" }, cancellation: Token);
        Assert.AreEqual("v", seen.Text("value"));
        Assert.IsFalse((await peer.CallAsync("routingTable", new { }, cancellation: Token)).ToString().Contains(node.Dht.NodeId.ToString(), StringComparison.Ordinal));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Signed_records_are_taken_both_ways_and_others_may_not_write_there() => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(PeerKind.Hivemind, new PeerOptions().With("--record-validators", "rsa"), Token);
        var validator = new RsaRecordValidator();
        await using var node = await HivemindNode.JoinAsync(peer, new DhtOptions { Validators = [validator] }, Token);

        var mine = Subkey.Of(new BytesValue(validator.OwnerMarker));
        Assert.IsTrue((await node.Dht.StoreManyAsync([new DhtStoreItem("run_progress", 41, Soon, mine)], excludeSelf: true, Token))[0]);
        var seen = await peer.CallAsync("get", new { key = "run_progress", latest = true }, cancellation: Token);
        Assert.AreEqual(41, seen.Items("subkeys").Single().GetProperty("value").GetInt32());

        var stored = await peer.CallAsync("storeProtected", new { key = "run_progress", value = 42, ttl = 900 }, cancellation: Token);
        Assert.IsTrue(stored.GetProperty("stored").GetBoolean(), stored.ToString());
        var found = (DhtDictionaryResult)(await node.Dht.GetAsync("run_progress", latest: true, Token))!;
        Assert.HasCount(2, found.Items);
        Assert.IsTrue(found.Items.Values.Any(item => item.Value.Equals(42)));

        var theirs = found.Items.Keys.Single(key => !key.Equals(mine));
        Assert.IsFalse((await node.Dht.StoreManyAsync([new DhtStoreItem("run_progress", 0, Soon + TimeSpan.FromHours(1), theirs)], excludeSelf: true, Token))[0]);

        // The same the other way: what is not signed, signed for something else, or signed twice is refused here, and what is good is taken.
        var us = node.Node.PeerId.ToString();
        var signed = await peer.CallAsync("signRecord", new { key = "run_progress", subkey = HivemindJson.ToJson(theirs.Value), value = 43, ttl = 1000 }, cancellation: Token);
        var (hex, tag, end) = (signed.Text("hex")!, signed.Text("tag"), signed.GetProperty("expiration").GetDouble());
        (string Hex, double End, bool IsGood)[] attempts = [("2b", end, false), ("2a" + hex[2..], end, false), (hex, end + 1, false), (hex + hex[2..], end, false), (hex, end, true)];
        foreach (var attempt in attempts)
        {
            var answer = await peer.CallAsync("rpcStore", new { peer = us, items = new[] { new { key = "run_progress", tag, hex = attempt.Hex, expiration = attempt.End } } }, cancellation: Token);
            Assert.AreEqual(attempt.IsGood, answer.Items("storeOk").Single().GetBoolean(), attempt.ToString());
        }
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task A_member_that_was_killed_comes_back_under_its_peer_id() => PeerGroup.RunAsync(async group =>
    {
        var first = await group.StartAsync(PeerKind.Hivemind, null, Token);
        await using var node = await HivemindNode.JoinAsync(first, token: Token);
        var options = new PeerOptions { Seed = "killed" }.With("--initial-peer", node.Address, "--set", "wait_timeout=30");
        var doomed = await group.StartAsync(PeerKind.Hivemind, options, Token);
        await doomed.CallAsync("store", new { key = "before", value = 1, ttl = 600 }, cancellation: Token);
        Assert.AreEqual((HivemindValue)1, ((DhtValueResult)(await node.Dht.GetAsync("before", latest: true, Token))!).Value);
        await doomed.KillAsync();

        Assert.IsNotNull(await node.Dht.GetAsync("before", latest: true, Token), "The others hold the record.");
        var again = await group.StartAsync(PeerKind.Hivemind, options with { Flags = ["--initial-peer", first.Addresses[0], "--set", "wait_timeout=30"] }, Token);
        Assert.AreEqual(doomed.PeerId, again.PeerId);
        Assert.AreEqual(again.Ready.Text("nodeId"), (await node.Dht.PingAsync(PeerId.Parse(again.PeerId), Token))?.ToString());
        await node.Dht.StoreAsync("after", "x", Soon, token: Token);
        Assert.AreEqual("x", (await again.CallAsync("get", new { key = "after", latest = true }, cancellation: Token)).Text("value"));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task A_node_of_ours_comes_back_with_its_records() => PeerGroup.RunAsync(async group =>
    {
        var folder = Directory.CreateTempSubdirectory("peernet-hivemind-");
        try
        {
            var end = Soon.Next();
            await using (var before = await HivemindNode.JoinAsync((string?)null, folder: folder.FullName, token: Token))
            {
                var peer = await group.StartAsync(PeerKind.Hivemind, new PeerOptions().With("--initial-peer", before.Address, "--set", "wait_timeout=30"), Token);
                foreach (var subkey in new object?[] { null, "s" })
                    await peer.CallAsync("store", new { key = $"kept {subkey}", subkey, value = 5, expiration = end.Seconds, excludeSelf = true }, cancellation: Token);
                await peer.StopAsync();
            }

            await using var after = await HivemindNode.JoinAsync((string?)null, folder: folder.FullName, token: Token);
            var reader = await group.StartAsync(PeerKind.Hivemind, new PeerOptions().With("--initial-peer", after.Address, "--set", "wait_timeout=30"), Token);
            var plain = await reader.CallAsync("get", new { key = "kept ", latest = true }, cancellation: Token);
            Assert.AreEqual(end.Seconds, plain.GetProperty("expiration").GetDouble());
            var entry = (await reader.CallAsync("get", new { key = "kept s", latest = true }, cancellation: Token)).Items("subkeys").Single();
            Assert.AreEqual(end.Seconds, entry.GetProperty("expiration").GetDouble());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Unary_and_stream_calls_run_both_ways() => RunAsync(weJoin: true, async (node, peer) =>
    {
        var id = PeerId.Parse(peer.PeerId);
        var us = node.Node.PeerId.ToString();
        await peer.CallAsync("serveUnary", new { name = "lab.echo", mode = "echo" }, cancellation: Token);
        await peer.CallAsync("serveUnary", new { name = "lab.fail", mode = "fail", error = "boom" }, cancellation: Token);
        await peer.CallAsync("serveStream", new { name = "lab.stream", mode = "echo", streamInput = true, streamOutput = true }, cancellation: Token);
        var client = node.Swarm.Client;
        CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, (await client.CallAsync(id, "lab.echo", new byte[] { 1, 2, 3 }, token: Token)).ToArray());
        Assert.AreEqual(0, (await client.CallAsync(id, "lab.echo", default, token: Token)).Length);
        var error = await Assert.ThrowsExactlyAsync<RpcException>(() => client.CallAsync(id, "lab.fail", default, token: Token));
        Assert.AreEqual(RpcFailure.Remote, error.Reason);
        var large = new byte[3_000_000];
        Assert.AreEqual(large.Length, (await client.CallAsync(id, "lab.echo", large, token: Token)).Length);
        Assert.AreEqual(RpcFailure.Unreachable, (await Assert.ThrowsExactlyAsync<RpcException>(() => client.CallAsync(id, "lab.none", default, token: Token))).Reason);

        var echoed = new List<byte[]>();
        await foreach (var answer in client.CallStreamAsync(id, "lab.stream", Messages([1], [2, 2], []), Token))
            echoed.Add(answer.ToArray());
        Assert.HasCount(3, echoed);

        using var unary = node.Swarm.Server.Handle("ours.echo", (_, request, _) => ValueTask.FromResult(request));
        using var failing = node.Swarm.Server.Handle("ours.fail", (_, _, _) => throw new RpcHandlerException("no"));
        using var streamed = node.Swarm.Server.HandleStream("ours.stream", (_, requests, _) => requests);
        Assert.AreEqual("0102", (await peer.CallAsync("callUnary", new { peer = us, name = "ours.echo", hex = "0102" }, cancellation: Token)).Text("hex"));
        await Assert.ThrowsExactlyAsync<ControlException>(() => peer.CallAsync("callUnary", new { peer = us, name = "ours.fail", hex = "" }, cancellation: Token));
        var answers = await peer.CallAsync("callStream", new { peer = us, name = "ours.stream", requests = new[] { new { hex = "0a" }, new { hex = "" } } }, cancellation: Token);
        Assert.HasCount(2, answers.Items("responses"));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Python_cancels_our_handler_and_we_cancel_theirs() => RunAsync(weJoin: true, async (node, peer) =>
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var hanging = node.Swarm.Server.Handle("ours.hang", async (_, _, token) =>
        {
            using var registration = token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, token);
            return default;
        });
        await Assert.ThrowsExactlyAsync<ControlException>(() => peer.CallAsync("callUnary", new { peer = node.Node.PeerId.ToString(), name = "ours.hang", hex = "", ms = 500 }, cancellation: Token));
        await cancelled.Task.WaitAsync(Token);

        await peer.CallAsync("serveUnary", new { name = "lab.hang", mode = "hang", trace = true }, cancellation: Token);
        var error = await Assert.ThrowsExactlyAsync<RpcException>(
            () => node.Swarm.Client.CallAsync(PeerId.Parse(peer.PeerId), "lab.hang", default, TimeSpan.FromSeconds(2), Token));
        Assert.AreEqual(RpcFailure.TimedOut, error.Reason);
        await peer.WaitForEventAsync("rpc:cancelled", cancellation: Token);
    });

    private Task RunAsync(bool weJoin, Func<HivemindNode, PeerProcess, Task> scenario) => PeerGroup.RunAsync(async group =>
    {
        if (weJoin)
        {
            var peer = await group.StartAsync(PeerKind.Hivemind, null, Token);
            await using var node = await HivemindNode.JoinAsync(peer, token: Token);
            await scenario(node, peer);
            return;
        }

        await using var first = await HivemindNode.JoinAsync((string?)null, token: Token);
        var joined = await group.StartAsync(PeerKind.Hivemind, new PeerOptions().With("--initial-peer", first.Address, "--set", "wait_timeout=30"), Token);
        await scenario(first, joined);
    });

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Messages(params byte[][] messages)
    {
        foreach (var message in messages)
        {
            await Task.Yield();
            yield return message;
        }
    }
}
