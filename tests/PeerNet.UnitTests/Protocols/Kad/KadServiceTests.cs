using System.Text;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Swarm;
using PeerNet.UnitTests.Swarm;

namespace PeerNet.UnitTests.Protocols.Kad;

/// <summary>Whole nodes over a network in memory, on a clock that the test moves.</summary>
[TestClass]
public sealed class KadServiceTests : SwarmTest
{
    private static readonly KadOptions Options = new()
    {
        Protocol = "/test/kad/1.0.0",
        Scope = KadScope.Any,
        Validators = RecordValidators.Default.With(new AnyValueValidator("v")),
        Seed = 1,
    };

    private readonly List<Node> _nodes = [];

    [TestCleanup]
    public async Task EndNodesAsync()
    {
        foreach (var node in _nodes)
        {
            await RunAsync(node.Kad.DisposeAsync().AsTask());
            await RunAsync(node.Identify.DisposeAsync().AsTask());
        }
    }

    [TestMethod]
    public async Task Nodes_that_know_one_another_through_others_find_one_another()
    {
        var nodes = await StartNetworkAsync(8);
        var found = await RunAsync(nodes[1].Kad.FindPeerAsync(nodes[7].Peer, Token));
        Assert.IsTrue(found!.IsConnected);
        CollectionAssert.AreEqual(new[] { nodes[7].Address.WithoutPeerId() }, found.Peer.Addresses.ToArray());
        var closest = await RunAsync(nodes[3].Kad.GetClosestPeersAsync(nodes[5].Peer.Bytes, Token));
        Assert.AreEqual(nodes[5].Peer, closest.Closest[0].Id);
        Assert.HasCount(7, closest.Closest);
        Assert.IsFalse(closest.IsPartial);
    }

    [TestMethod]
    public async Task A_peer_that_nobody_knows_is_not_found()
    {
        var nodes = await StartNetworkAsync(3);
        Assert.IsNull(await RunAsync(nodes[0].Kad.FindPeerAsync(KadNetwork.RandomPeer(new Random(1)), Token)));
    }

    [TestMethod]
    public async Task Content_that_one_node_provides_is_found_by_another_and_by_nobody_after_it_ended()
    {
        var nodes = await StartNetworkAsync(5);
        var key = ContentKey.FromText("some content");
        var told = await RunAsync(nodes[1].Kad.ProvideAsync(key, Token));
        Assert.HasCount(4, told.Stored);
        var found = await FindProvidersAsync(nodes[4], key);
        Assert.AreEqual(nodes[1].Peer, found.Single().Id);
        CollectionAssert.AreEqual(new[] { nodes[1].Address.WithoutPeerId() }, found.Single().Addresses.ToArray());
        Assert.IsEmpty(await FindProvidersAsync(nodes[4], ContentKey.FromText("other content")));

        await nodes[1].Kad.StopProvidingAsync(key, Token);
        await Lab.AdvanceAsync(TimeSpan.FromHours(49));
        Assert.IsEmpty(await FindProvidersAsync(nodes[4], key));
    }

    [TestMethod]
    public async Task Own_records_are_sent_out_again_before_they_end()
    {
        var nodes = await StartNetworkAsync(4);
        await RunAsync(nodes[0].Kad.ProvideAsync(ContentKey.FromText("a"), Token));
        await RunAsync(nodes[0].Kad.PutValueAsync(Bytes("/v/a"), Bytes("1"), Token));
        for (var i = 0; i < 10; i++)
            await Lab.AdvanceAsync(TimeSpan.FromHours(6));
        var record = await nodes[2].Providers.GetAsync(ContentKey.FromText("a").Bytes, 1, Token);
        Assert.IsGreaterThan(Lab.Time.GetUtcNow().AddHours(-30), record.Single().ReceivedAt);
        Assert.AreEqual("1", await GetAsync(nodes[3], "/v/a"));
    }

    [TestMethod]
    public async Task The_best_value_is_found_and_sent_to_those_that_have_a_worse_one_or_none()
    {
        var nodes = await StartNetworkAsync(6);
        foreach (var node in nodes.Skip(2))
            await node.Records.PutAsync(Value("/v/key", "old", nodes[0].Peer), Token);
        await nodes[5].Records.PutAsync(Value("/v/key", "young", nodes[0].Peer), Token);
        Assert.AreEqual("young", await GetAsync(nodes[0], "/v/key"));
        Assert.IsNull(await GetAsync(nodes[0], "/v/nobody's"));
        await UntilAsync(() => nodes.Skip(1).All(node => Stored(node, "/v/key") == "young"));
    }

    [TestMethod]
    public async Task A_value_is_stored_at_all_and_a_worse_one_is_refused()
    {
        var nodes = await StartNetworkAsync(4);
        var put = await RunAsync(nodes[0].Kad.PutValueAsync(Bytes("/v/key"), Bytes("b"), Token));
        Assert.HasCount(3, put.Stored);
        Assert.IsEmpty(put.Failed);
        var error = await Assert.ThrowsExactlyAsync<KadException>(() => RunAsync(nodes[0].Kad.PutValueAsync(Bytes("/v/key"), Bytes("a"), Token)));
        Assert.AreEqual(KadFailure.OlderRecord, error.Reason);
        var late = await RunAsync(nodes[3].Kad.GetValueAsync(Bytes("/v/key"), 1, Token));
        Assert.AreEqual("b", Encoding.UTF8.GetString(late!.Value.Span));
    }

    [TestMethod]
    public async Task Peers_refuse_a_worse_value_of_another_and_say_so()
    {
        var nodes = await StartNetworkAsync(3);
        await nodes[1].Records.PutAsync(Value("/v/key", "b", nodes[2].Peer), Token);
        var put = await RunAsync(nodes[0].Kad.PutValueAsync(Bytes("/v/key"), Bytes("a"), Token));
        CollectionAssert.AreEqual(new[] { nodes[2].Peer }, put.Stored.ToArray());
        Assert.AreEqual(nodes[1].Peer, put.Failed.Single().Peer);
    }

    [TestMethod]
    public async Task A_quorum_ends_the_search()
    {
        var nodes = await StartNetworkAsync(8);
        foreach (var node in nodes.Skip(1))
            await node.Records.PutAsync(Value("/v/key", "x", nodes[0].Peer), Token);
        var found = await RunAsync(nodes[0].Kad.GetValueAsync(Bytes("/v/key"), 3, Token));
        Assert.IsGreaterThanOrEqualTo(3, found!.Copies);
        Assert.AreEqual(PeerNet.Protocols.Kad.Lookups.LookupOutcome.Stopped, found.Outcome);
    }

    [TestMethod]
    public async Task Values_are_yielded_as_they_get_better()
    {
        var nodes = await StartNetworkAsync(5);
        for (var i = 1; i < 5; i++)
            await nodes[i].Records.PutAsync(Value("/v/key", $"{i}", nodes[0].Peer), Token);
        var values = await RunAsync(CollectAsync(nodes[0].Kad.SearchValuesAsync(Bytes("/v/key"), null, Token)));
        CollectionAssert.AreEqual(values.Order().ToArray(), values.ToArray());
        Assert.AreEqual("4", values[^1]);

        async Task<List<string>> CollectAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> found)
        {
            var list = new List<string>();
            await foreach (var value in found)
                list.Add(Encoding.UTF8.GetString(value.Span));
            return list;
        }
    }

    [TestMethod]
    public async Task Public_keys_and_names_are_stored_and_found_and_bad_ones_refused_here()
    {
        var nodes = await StartNetworkAsync(4);
        using var key = PrivateKey.Generate();
        var name = IpnsRecord.KeyOf(key.PeerId);
        var first = IpnsRecord.Create(key, "/ipfs/a", 1, Lab.Time.GetUtcNow().AddDays(1), TimeSpan.FromMinutes(1));
        var second = IpnsRecord.Create(key, "/ipfs/b", 2, Lab.Time.GetUtcNow().AddDays(1), TimeSpan.FromMinutes(1));
        await RunAsync(nodes[0].Kad.PutValueAsync(name, first.Bytes, Token));
        await RunAsync(nodes[1].Kad.PutValueAsync(name, second.Bytes, Token));
        var found = await RunAsync(nodes[3].Kad.GetValueAsync(name, null, Token));
        CollectionAssert.AreEqual(second.Bytes.ToArray(), found!.Value.ToArray());

        await RunAsync(nodes[0].Kad.PutValueAsync(PublicKeyValidator.KeyOf(key.PeerId), key.PublicKey.Encoded, Token));
        Assert.IsNotNull(await RunAsync(nodes[2].Kad.GetValueAsync(PublicKeyValidator.KeyOf(key.PeerId), null, Token)));
        var error = await Assert.ThrowsExactlyAsync<KadException>(() => RunAsync(nodes[0].Kad.PutValueAsync(name, Bytes("no record"), Token)));
        Assert.AreEqual(KadFailure.InvalidRecord, error.Reason);
    }

    [TestMethod]
    public async Task A_client_asks_and_is_nobody_s_member()
    {
        var nodes = await StartNetworkAsync(3);
        var client = await StartAsync(Options with { Mode = KadMode.Client });
        await client.Swarm.ConnectAsync(nodes[0].Address, null, Token);
        await UntilAsync(() => client.Kad.TableCount == 3);
        await RunAsync(client.Kad.PutValueAsync(Bytes("/v/key"), Bytes("x"), Token));
        Assert.AreEqual("x", await GetAsync(nodes[2], "/v/key"));
        Assert.IsTrue(nodes.All(node => node.Kad.GetTable().All(member => member.Peer != client.Peer)));
        Assert.DoesNotContain(Options.Protocol, client.Swarm.Protocols);
        await Assert.ThrowsAsync<NegotiationException>(() => nodes[0].Swarm.OpenStreamAsync(client.Peer, Options.Protocol, null, Token).AsTask());

        // Told that it serves, its peers take it in; told that it does not, they let it go.
        client.Kad.Mode = KadMode.Server;
        await UntilAsync(() => nodes[0].Kad.GetTable().Any(member => member.Peer == client.Peer));
        client.Kad.Mode = KadMode.Client;
        await UntilAsync(() => nodes[0].Kad.GetTable().All(member => member.Peer != client.Peer));
    }

    [TestMethod]
    public async Task Public_tables_are_served_by_those_that_are_reachable()
    {
        var node = await StartAsync(new KadOptions { Seed = 1 });
        Assert.IsFalse(node.Kad.IsServing);
        node.Kad.ReportReachability(true);
        Assert.IsTrue(node.Kad.IsServing);
        node.Kad.ReportReachability(false);
        Assert.IsFalse(node.Kad.IsServing);
        node.Kad.Mode = KadMode.Server;
        Assert.IsTrue(node.Kad.IsServing);
    }

    [TestMethod]
    public async Task With_nobody_to_ask_an_operation_fails_at_once_and_with_a_connection_after_a_while()
    {
        var alone = await StartAsync(Options);
        var error = await Assert.ThrowsExactlyAsync<KadException>(() => alone.Kad.GetClosestPeersAsync(Bytes("key"), Token));
        Assert.AreEqual(KadFailure.NoPeers, error.Reason);

        var (other, address) = await Lab.CreateListeningAsync();
        await alone.Swarm.ConnectAsync(address, null, Token);
        var waiting = alone.Kad.GetClosestPeersAsync(Bytes("key"), Token);
        await Task.Delay(20, Token);
        Assert.IsFalse(waiting.IsCompleted);
        await Assert.ThrowsExactlyAsync<KadException>(() => RunAsync(waiting));
        GC.KeepAlive(other);
    }

    [TestMethod]
    public async Task Peers_to_begin_with_are_dialled_and_dialled_again()
    {
        var first = await StartAsync(Options);
        var gone = Multiaddress.Parse("/ip4/127.0.0.1/tcp/9").WithPeerId(KadNetwork.RandomPeer(new Random(3)));
        var node = await StartAsync(Options with { BootstrapPeers = [gone, first.Address] });
        await UntilAsync(() => node.Kad.TableCount == 1 && first.Kad.TableCount == 1);
        await first.Swarm.DisconnectAsync(node.Peer, Token);
        await UntilAsync(() => !node.Swarm.IsConnected(first.Peer));
        Assert.AreEqual(first.Peer, (await RunAsync(node.Kad.GetClosestPeersAsync(Bytes("key"), Token))).Closest.Single().Id);
    }

    [TestMethod]
    public async Task Streams_are_kept_for_the_next_request_and_closed_when_idle()
    {
        var nodes = await StartNetworkAsync(2);
        for (var i = 0; i < 20; i++)
            await RunAsync(nodes[0].Kad.GetClosestPeersAsync(Bytes($"key {i}"), Token));
        var streams = nodes[0].Swarm.GetConnection(nodes[1].Peer)!.GetStreams().Count(stream => stream.Protocol == Options.Protocol.Value);
        Assert.IsLessThanOrEqualTo(2, streams);
        await Lab.AdvanceAsync(TimeSpan.FromSeconds(50));
        await Lab.AdvanceAsync(TimeSpan.FromSeconds(50));
        await UntilAsync(() => nodes[0].Swarm.GetConnection(nodes[1].Peer)!.GetStreams().All(stream => stream.Protocol != Options.Protocol.Value));
        await RunAsync(nodes[0].Kad.GetClosestPeersAsync(Bytes("again"), Token));
    }

    [TestMethod]
    public async Task A_cancelled_search_ends_and_leaves_the_table_as_it_was()
    {
        var nodes = await StartNetworkAsync(3);
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => nodes[0].Kad.GetClosestPeersAsync(Bytes("key"), cancel.Token));
        Assert.AreEqual(2, nodes[0].Kad.TableCount);
    }

    [TestMethod]
    public async Task Two_tables_divide_the_peers_by_where_they_are()
    {
        var (swarm, address) = await Lab.CreateListeningAsync();
        await using var identify = new IdentifyService(swarm);
        var dual = new DualDht(swarm);
        Assert.IsTrue(dual.Lan.IsServing);
        Assert.IsFalse(dual.Wan.IsServing);
        var other = await StartAsync(KadOptions.LanDht);
        await other.Swarm.ConnectAsync(address, null, Token);
        await UntilAsync(() => dual.Lan.TableCount == 1);
        Assert.AreEqual(0, dual.Wan.TableCount);
        var key = ContentKey.FromText("on the local network");
        await RunAsync(dual.ProvideAsync(key, Token));
        Assert.AreEqual(swarm.LocalPeer, (await FindProvidersAsync(other, key)).Single().Id);
        Assert.IsNotNull(await RunAsync(dual.FindPeerAsync(other.Peer, Token)));
        await RunAsync(dual.DisposeAsync().AsTask());
    }

    private async Task<List<Node>> StartNetworkAsync(int count)
    {
        var nodes = new List<Node>();
        for (var i = 0; i < count; i++)
        {
            nodes.Add(await StartAsync(Options with { Seed = i }));
            if (i > 0)
                await nodes[i].Swarm.ConnectAsync(nodes[0].Address, null, Token);
        }

        await UntilAsync(() => nodes.All(node => node.Kad.TableCount == count - 1));
        return nodes;
    }

    private async Task<Node> StartAsync(KadOptions options)
    {
        var (swarm, address) = await Lab.CreateListeningAsync();
        var records = new MemoryRecordStore();
        var providers = new MemoryProviderStore();
        var node = new Node(swarm, address, new IdentifyService(swarm), new KadService(swarm, options, records, providers), records, providers);
        _nodes.Add(node);
        return node;
    }

    private async Task<List<KadPeer>> FindProvidersAsync(Node node, ContentKey key)
    {
        return await RunAsync(CollectAsync());

        async Task<List<KadPeer>> CollectAsync()
        {
            var found = new List<KadPeer>();
            await foreach (var provider in node.Kad.FindProvidersAsync(key, 20, Token))
                found.Add(provider);
            return found;
        }
    }

    private async Task<string?> GetAsync(Node node, string key)
        => await RunAsync(node.Kad.GetValueAsync(Bytes(key), null, Token)) is { } found ? Encoding.UTF8.GetString(found.Value.Span) : null;

    private static string? Stored(Node node, string key)
        => node.Records.GetAsync(Bytes(key)).AsTask().Result is { } stored ? Encoding.UTF8.GetString(stored.Value.Span) : null;

    private StoredValue Value(string key, string value, PeerId from) => new() { Key = Bytes(key), Value = Bytes(value), From = from, ReceivedAt = Lab.Time.GetUtcNow() };

    private async Task UntilAsync(Func<bool> happened)
        => await Lab.AdvanceUntilAsync(happened, TimeSpan.FromMilliseconds(250), TimeSpan.FromMinutes(2));

    private async Task RunAsync(Task task)
    {
        await UntilAsync(() => task.IsCompleted);
        await task;
    }

    private async Task<T> RunAsync<T>(Task<T> task)
    {
        await UntilAsync(() => task.IsCompleted);
        return await task;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private sealed record Node(SwarmHost Swarm, Multiaddress Address, IdentifyService Identify, KadService Kad, MemoryRecordStore Records, MemoryProviderStore Providers)
    {
        public PeerId Peer => Swarm.LocalPeer;
    }
}
