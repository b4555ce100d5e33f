using Google.Protobuf;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Dht.Generated;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Rpc;
using PeerNet.Testing.Nodes;

namespace PeerNet.UnitTests.Hivemind.Dht;

/// <summary>Peers that do not play by the rules: each is refused in a way that says why, and nobody else notices.</summary>
[TestClass]
public sealed class HostileNodeTests
{
    private const int Patience = 120_000;

    public required TestContext TestContext { get; set; }

    private CancellationToken Token => TestContext.CancellationToken;

    private static DhtExpiration Soon => DhtExpiration.Now(TimeProvider.System) + TimeSpan.FromHours(1);

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Stores_that_lack_parts_store_nothing() => RunAsync(DhtOptions.Default, async pair =>
    {
        var request = Store(Enumerable.Range(0, 3).Select(i => Record($"k{i}", [5])));
        request.Subkeys.Clear();
        Assert.IsEmpty((await pair.CallAsync(DhtProtocol.Store, request, WireStoreResponse.Parser)).StoreOk);
        request.Values.RemoveAt(0);
        Assert.AreEqual(RpcFailure.Remote, (await pair.FailAsync(DhtProtocol.Store, request)).Reason);
        request.Values.Clear();
        request.Keys.Clear();
        request.ExpirationTime.Clear();
        request.InCache.Clear();
        request.Keys.Add(ByteString.CopyFrom(Enumerable.Repeat((byte)1, 21).ToArray()));
        request.Values.Add(ByteString.Empty);
        request.ExpirationTime.Add(Soon.Seconds);
        request.InCache.Add(false);
        Assert.AreEqual(RpcFailure.Remote, (await pair.FailAsync(DhtProtocol.Store, request)).Reason);
        Assert.AreEqual(0, pair.Victim.StoredKeys);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Bombs_and_times_that_are_none_are_refused_one_by_one() => RunAsync(DhtOptions.Default, async pair =>
    {
        var deep = new byte[5000];
        deep.AsSpan().Fill(0x91);
        byte[] wide = [0xDD, 0xFF, 0xFF, 0xFF, 0xFF];
        var records = new[]
        {
            Record("deep dictionary", deep, tag: []),
            Record("wide dictionary", wide, tag: []),
            Record("wide extension", [0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 0x50], tag: []),
            Record("deep subkey", [5], tag: deep),
            Record("list subkey", [5], tag: [0x91, 0x01]),
            Record("ended", [5], end: DhtExpiration.Now(TimeProvider.System) + TimeSpan.FromSeconds(-5)),
            Record("no time", [5], end: new DhtExpiration(double.NaN)),
            Record("good", [5]),
        };
        var answer = await pair.CallAsync(DhtProtocol.Store, Store(records), WireStoreResponse.Parser);
        CollectionAssert.AreEqual(new[] { false, false, false, false, false, false, false, true }, answer.StoreOk.ToArray());
        Assert.AreEqual(1, pair.Victim.StoredKeys);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Records_of_an_owner_are_written_by_nobody_else() => RunAsync(new DhtOptions { Validators = [new RsaRecordValidator()] }, async pair =>
    {
        var owner = new RsaRecordValidator();
        var other = new RsaRecordValidator();
        var record = Record("run", [5], tag: new BytesValue(owner.OwnerMarker).ToBytes());
        var good = record with { Value = owner.Sign(record) };
        var forged = new[]
        {
            record,
            record with { Value = other.Sign(record with { Tag = new BytesValue(other.OwnerMarker).ToBytes() }) },
            good with { Value = (byte[])[6, .. good.Value.Span[1..]] },
            good with { Expiration = good.Expiration.Next() },
            good with { Tag = (byte[])[.. good.Tag.Span[..^1], (byte)'['] },
            good,
        };
        var answer = await pair.CallAsync(DhtProtocol.Store, Store(forged), WireStoreResponse.Parser);
        CollectionAssert.AreEqual(new[] { false, false, false, false, true, true }, answer.StoreOk.ToArray(), "A tag without a marker has no owner.");
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Ten_thousand_keys_of_one_peer_stay_within_its_share()
        => RunAsync(new DhtOptions { StorageLimits = new DhtStorageOptions { MaxBytesPerPeer = 100_000 } }, async pair =>
        {
            Assert.IsTrue(await pair.Victim.StoreAsync("own", 1, Soon, token: Token));
            var answer = await pair.CallAsync(DhtProtocol.Store, Store(Enumerable.Range(0, 10_000).Select(i => Record($"flood {i}", new byte[100]))), WireStoreResponse.Parser);
            Assert.HasCount(10_000, answer.StoreOk);
            var kept = answer.StoreOk.Count(stored => stored);
            Assert.IsTrue(kept is > 100 and < 1000, $"{kept}");
            Assert.AreEqual(kept + 1, pair.Victim.StoredKeys);
            Assert.AreEqual((HivemindValue)1, ((DhtValueResult)(await pair.Victim.GetAsync("own", token: Token))!).Value);
        });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Thousands_of_calls_that_hang_leave_room_for_others() => RunAsync(DhtOptions.Default, async pair =>
    {
        var streams = new List<PeerStream>();
        for (var i = 0; i < 2000; i++)
        {
            try
            {
                streams.Add(await pair.Attacker.Swarm.OpenStreamAsync(pair.Node.Id, DhtProtocol.Find, new PeerNet.Swarm.StreamOptions { AllowLazyNegotiation = false }, Token));
            }
            catch (PeerNetException)
            {
                // Reset while it was being negotiated.
            }
        }

        // One too many is reset as soon as its method is known.
        await Eventually.IsTrueAsync(() => pair.Node.Swarm.GetConnections(pair.Attacker.Id).Sum(connection => connection.StreamCount) <= RpcOptions.Default.MaxCallsPerPeer, Token);
        Assert.IsNotNull(await pair.Friend.PingAsync(pair.Node.Id, Token), "Another peer's call is answered meanwhile.");
        Assert.IsNotNull((await pair.CallAsync(DhtProtocol.Ping, new WirePingRequest(), WirePingResponse.Parser)).Peer, "So is the same peer's call of another method.");
        foreach (var stream in streams)
            stream.Reset();
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task An_answer_that_nobody_asked_for_ends_its_stream() => RunAsync(DhtOptions.Default, async pair =>
    {
        await using var stream = await pair.Attacker.Swarm.OpenStreamAsync(pair.Node.Id, DhtProtocol.Ping, token: Token);
        await FrameWriter.SendAsync(stream, UnaryCodec.EncodeResponse(RpcCallId.Create(), new byte[] { 1 }), Token);
        Assert.AreEqual(0, await stream.ReadAsync(new byte[1], Token));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task A_list_of_protocols_that_names_one_method_is_no_reason_not_to_call_the_others() => RunAsync(DhtOptions.Default, async pair =>
    {
        pair.Attacker.Swarm.PeerStore.SetProtocols(pair.Node.Id, [DhtProtocol.Store]);
        Assert.IsNotNull((await pair.CallAsync(DhtProtocol.Ping, new WirePingRequest(), WirePingResponse.Parser)).Peer);
    });

    [TestMethod, DataRow(10.0, true, DhtFailure.ClockSkew), DataRow(-10.0, true, DhtFailure.ClockSkew), DataRow(0.0, false, DhtFailure.NotReachable), Timeout(Patience, CooperativeCancellation = true)]
    public async Task An_initial_peer_with_another_clock_or_that_cannot_call_back_ends_the_joining(double ahead, bool isAvailable, DhtFailure expected)
    {
        var network = new PeerNet.Connections.Transports.Memory.MemoryNetwork();
        await using var liar = await TestNode.StartInMemoryAsync(network, 1);
        await using var node = await TestNode.StartInMemoryAsync(network, 2);
        using var handler = new RpcServer(liar.Swarm).Handle(DhtProtocol.Ping, (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(new WirePingResponse
        {
            Peer = new WireNodeInfo { NodeId = ByteString.CopyFrom(DhtId.OfKey(1).ToBytes()) },
            DhtTime = (DhtExpiration.Now(TimeProvider.System) + TimeSpan.FromSeconds(ahead)).Seconds,
            Available = isAvailable,
        }.ToByteArray()));
        var options = new DhtOptions { InitialPeers = [liar.Address], CallTimeout = TimeSpan.FromSeconds(60), BootstrapTimeout = TimeSpan.FromSeconds(60) };
        var error = await Assert.ThrowsExactlyAsync<DhtException>(() => PeerNet.Hivemind.HivemindSwarm.JoinAsync(node.Swarm, options, token: Token));
        Assert.AreEqual(expected, error.Reason, error.Message);
    }

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Answers_with_bombs_and_nodes_that_are_none_are_no_answers() => RunAsync(DhtOptions.Default, async pair =>
    {
        using var handler = new RpcServer(pair.Attacker.Swarm).Handle(DhtProtocol.Find, (_, bytes, _) =>
        {
            var answer = new WireFindResponse { Peer = new WireNodeInfo { NodeId = ByteString.CopyFrom(DhtId.OfKey("bad").ToBytes()) } };
            foreach (var key in WireFindRequest.Parser.ParseFrom(bytes.Span).Keys)
            {
                var result = new WireFindResult { Type = DhtProtocol.FoundDictionary, Value = ByteString.CopyFrom([0xDD, 0xFF, 0xFF, 0xFF, 0xFF]), ExpirationTime = double.PositiveInfinity };
                result.NearestNodeIds.Add(ByteString.CopyFrom(new byte[40]));
                result.NearestPeerIds.Add(ByteString.CopyFrom([1, 2, 3]));
                answer.Results.Add(result);
            }

            return ValueTask.FromResult<ReadOnlyMemory<byte>>(answer.ToByteArray());
        });

        // Known from now on as a node of the table.
        await pair.CallAsync(DhtProtocol.Ping, new WirePingRequest { Peer = new WireNodeInfo { NodeId = ByteString.CopyFrom(DhtId.OfKey("bad").ToBytes()) } }, WirePingResponse.Parser);
        Assert.IsNull(await pair.Victim.GetAsync("anything", latest: true, Token));
        await pair.Friend.StoreAsync("real", 7, Soon, token: Token);
        Assert.AreEqual((HivemindValue)7, ((DhtValueResult)(await pair.Victim.GetAsync("real", latest: true, Token))!).Value);
    });

    private static DhtRecord Record(string key, byte[] value, byte[]? tag = null, DhtExpiration? end = null) => new(DhtId.OfKey(key), tag ?? [0xC0], value, end ?? Soon);

    private static WireStoreRequest Store(IEnumerable<DhtRecord> records)
    {
        var request = new WireStoreRequest();
        foreach (var record in records)
        {
            request.Keys.Add(ByteString.CopyFrom(record.Key.ToBytes()));
            request.Subkeys.Add(ByteString.CopyFrom(record.Tag.Span));
            request.Values.Add(ByteString.CopyFrom(record.Value.Span));
            request.ExpirationTime.Add(record.Expiration.Seconds);
            request.InCache.Add(false);
        }

        return request;
    }

    private async Task RunAsync(DhtOptions options, Func<Pair, Task> scenario)
    {
        var network = new PeerNet.Connections.Transports.Memory.MemoryNetwork();
        await using var node = await TestNode.StartInMemoryAsync(network, 1);
        await using var attacker = await TestNode.StartInMemoryAsync(network, 2);
        await using var friend = await TestNode.StartInMemoryAsync(network, 3);
        options = options with { CallTimeout = TimeSpan.FromSeconds(60), BootstrapTimeout = TimeSpan.FromSeconds(60) };
        await using var victim = await PeerNet.Hivemind.HivemindSwarm.JoinAsync(node.Swarm, options, token: Token);
        await using var other = await PeerNet.Hivemind.HivemindSwarm.JoinAsync(friend.Swarm, options with { InitialPeers = [node.Address], StorageLimits = DhtStorageOptions.Default }, token: Token);
        await attacker.ConnectAsync(node, Token);
        await attacker.ConnectAsync(friend, Token);
        await scenario(new Pair(node, attacker, victim.Dht, other.Dht, Token));
    }

    private sealed record Pair(TestNode Node, TestNode Attacker, HivemindDht Victim, HivemindDht Friend, CancellationToken Token)
    {
        public async Task<T> CallAsync<T>(ProtocolId method, IMessage request, MessageParser<T> parser)
            where T : IMessage<T>
            => parser.ParseFrom((await new RpcClient(Attacker.Swarm).CallAsync(Node.Id, method, request.ToByteArray(), token: Token)).Span);

        public Task<RpcException> FailAsync(ProtocolId method, IMessage request)
            => Assert.ThrowsExactlyAsync<RpcException>(() => new RpcClient(Attacker.Swarm).CallAsync(Node.Id, method, request.ToByteArray(), token: Token));
    }
}
