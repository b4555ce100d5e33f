using System.Text;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.UnitTests.Swarm;

namespace PeerNet.UnitTests.Protocols.Kad;

/// <summary>A node among peers that break the protocol: asked by them, and asking them.</summary>
[TestClass]
public sealed class KadHostileTests : SwarmTest
{
    private static readonly KadOptions Options = new()
    {
        Protocol = "/test/kad/1.0.0",
        Scope = KadScope.Any,
        Validators = RecordValidators.Default.With(new AnyValueValidator("v")),
        Seed = 1,
    };

    private readonly List<IAsyncDisposable> _owned = [];
    private readonly MemoryRecordStore _records = new();
    private readonly MemoryProviderStore _providers = new();

    [TestCleanup]
    public async Task EndNodesAsync()
    {
        foreach (var owned in _owned)
            await RunAsync(owned.DisposeAsync().AsTask());
    }

    [TestMethod]
    [DataRow("1108001a0d0a062f762f6c616212036f6e65", "a record without a key beside it")]
    [DataRow("1a080012072f762f6c6162581a0d0a062f762f6c616212036f6e65", "a record under another key")]
    [DataRow("0a080012062f762f6c6162", "no record")]
    [DataRow("1712072f6e6f70652f781a0c0a072f6e6f70652f78120176", "an unknown namespace")]
    [DataRow("020804", "peers near nothing")]
    [DataRow("02084d", "an unknown type")]
    [DataRow("02ffff", "no protobuf")]
    [DataRow("8080808008", "an announced length of two gigabytes")]
    [DataRow("8000", "a length that is not minimal")]
    [DataRow("ffffffffffffffffff01", "a length of ten bytes")]
    [DataRow("820808031251", "a message cut short")]
    public async Task Requests_that_break_the_protocol_end_the_stream_and_nothing_else(string hex, string what)
    {
        var (server, client) = await StartAsync();
        var stream = await OpenAsync(client, server);
        await stream.WriteAsync(Convert.FromHexString(hex), Token);
        if (what == "a message cut short")
            await stream.CloseWriteAsync(Token);
        await Assert.ThrowsAsync<StreamResetException>(() => RunAsync(ReadAllAsync(stream)), what);

        // The peer may go on.
        var answer = await AskAsync(await OpenAsync(client, server), new KadMessage { Type = KadMessageType.FindNode, Key = Bytes("x") });
        Assert.IsNotNull(answer);
        Assert.AreEqual(0, _records.Count);
    }

    [TestMethod]
    public async Task A_good_put_is_echoed_and_kept_and_requests_on_one_stream_follow_one_another()
    {
        var (server, client) = await StartAsync();
        var stream = await OpenAsync(client, server);
        await stream.WriteAsync(Convert.FromHexString("19080012062f762f6c61621a0d0a062f762f6c616212036f6e65" + "0a080112062f762f6c6162"), Token);
        using var reader = new FrameReader(stream);
        var echo = await ReadAsync(reader);
        Assert.AreEqual(KadMessageType.PutValue, echo.Type);
        Assert.AreEqual("one", Encoding.UTF8.GetString(echo.Record!.Value.Span));
        var answer = await ReadAsync(reader);
        Assert.AreEqual("one", Encoding.UTF8.GetString(answer.Record!.Value.Span));
        Assert.IsFalse(answer.Record.TimeReceived.IsEmpty);
        Assert.AreEqual(client.LocalPeer, (await _records.GetAsync(Bytes("/v/lab"), Token))!.From);
    }

    [TestMethod]
    public async Task A_provider_is_the_sender_or_nobody()
    {
        var (server, client) = await StartAsync();
        var stream = await OpenAsync(client, server);
        var key = ContentKey.FromText("x").Bytes;
        var other = KadNetwork.RandomPeer(new Random(1));
        var address = Address("/ip4/127.0.0.1/tcp/1");
        using var writer = new FrameWriter();
        KadWriter.Write(writer, new KadMessage { Type = KadMessageType.AddProvider, Key = key, ProviderPeers = [new KadPeer(other, [address])] });
        KadWriter.Write(writer, new KadMessage { Type = KadMessageType.GetProviders, Key = key });
        KadWriter.Write(writer, new KadMessage { Type = KadMessageType.AddProvider, Key = key, ProviderPeers = [new KadPeer(other, [address]), new KadPeer(client.LocalPeer, [address])] });
        KadWriter.Write(writer, new KadMessage { Type = KadMessageType.GetProviders, Key = key });
        await writer.SendAsync(stream, Token);
        using var reader = new FrameReader(stream);
        Assert.IsEmpty((await ReadAsync(reader)).ProviderPeers);
        Assert.AreEqual(client.LocalPeer, (await ReadAsync(reader)).ProviderPeers.Single().Id);
    }

    [TestMethod]
    public async Task Addresses_that_cannot_be_meant_are_not_kept()
    {
        var (server, client) = await StartAsync();
        var told = new[] { "/ip4/0.0.0.0/tcp/1", "/ip4/224.0.0.1/tcp/1", "/ip6/fe80::1/tcp/1", "/ip4/127.0.0.1/tcp/1" }.Select(Address).ToArray();
        var key = ContentKey.FromText("x").Bytes;
        var stream = await OpenAsync(client, server);
        using var writer = new FrameWriter();
        KadWriter.Write(writer, new KadMessage { Type = KadMessageType.AddProvider, Key = key, ProviderPeers = [new KadPeer(client.LocalPeer, told)] });
        await writer.SendAsync(stream, Token);
        await UntilAsync(() => _providers.Count == 1);
        CollectionAssert.AreEqual(told[3..], (await _providers.GetAsync(key, 1, Token)).Single().Addresses.ToArray());
    }

    [TestMethod]
    public async Task A_flood_of_requests_is_answered_at_the_rate_that_one_peer_has()
    {
        var (server, client) = await StartAsync(Options with { RequestBurstPerPeer = 10, RequestsPerSecondPerPeer = 20 });
        var stream = await OpenAsync(client, server);
        using var writer = new FrameWriter();
        for (var i = 0; i < 100; i++)
            KadWriter.Write(writer, new KadMessage { Type = KadMessageType.Ping });
        await writer.SendAsync(stream, Token);
        using var reader = new FrameReader(stream);
        var answered = 0;
        var reading = CountAsync();
        await Lab.AdvanceAsync(TimeSpan.FromMilliseconds(100));
        await Task.Delay(50, Token);
        Assert.IsLessThanOrEqualTo(13, answered);
        await UntilAsync(() => answered == 100);
        stream.Reset();
        await reading;

        async Task CountAsync()
        {
            try
            {
                while (answered < 100 && (await reader.ReadAsync(1_000, Token)).IsMessage)
                    answered++;
            }
            catch (StreamResetException)
            {
                // The end of the test.
            }
        }
    }

    [TestMethod]
    public async Task A_million_provider_keys_of_one_peer_end_at_its_rate()
    {
        var (server, client) = await StartAsync(Options with { ProviderKeyBurstPerPeer = 50, RequestBurstPerPeer = 10_000 });
        var stream = await OpenAsync(client, server);
        using var writer = new FrameWriter();
        for (var i = 0; i < 1_000; i++)
            KadWriter.Write(writer, new KadMessage { Type = KadMessageType.AddProvider, Key = ContentKey.FromText($"{i}").Bytes, ProviderPeers = [new KadPeer(client.LocalPeer, [Address("/ip4/127.0.0.1/tcp/1")])] });
        KadWriter.Write(writer, new KadMessage { Type = KadMessageType.Ping });
        var sending = writer.SendAsync(stream, Token).AsTask();
        using var reader = new FrameReader(stream);
        Assert.AreEqual(KadMessageType.Ping, (await ReadAsync(reader)).Type);
        await sending;
        Assert.AreEqual(50, _providers.Count);
    }

    [TestMethod]
    public async Task A_stream_that_drips_is_ended_after_a_minute()
    {
        var (server, client) = await StartAsync();
        var stream = await OpenAsync(client, server);
        await stream.WriteAsync(new byte[] { 0xff }, Token);
        var reading = ReadAllAsync(stream);
        for (var i = 0; i < 4; i++)
            await Lab.AdvanceAsync(TimeSpan.FromSeconds(20));
        await RunAsync(reading.ContinueWith(_ => { }, TaskScheduler.Default));
    }

    [TestMethod]
    public async Task The_asker_and_the_node_itself_are_named_only_when_they_are_asked_for()
    {
        var (server, client) = await StartAsync();
        var stream = await OpenAsync(client, server);
        var self = await AskAsync(stream, new KadMessage { Type = KadMessageType.FindNode, Key = server.Swarm.LocalPeer.Bytes });
        Assert.AreEqual(server.Swarm.LocalPeer, self.CloserPeers.Single().Id);
        Assert.AreEqual(server.Address.WithoutPeerId(), self.CloserPeers.Single().Addresses.Single());
        Assert.IsEmpty((await AskAsync(stream, new KadMessage { Type = KadMessageType.FindNode, Key = Bytes("somebody") })).CloserPeers);
    }

    [TestMethod]
    public async Task A_peer_that_is_known_without_being_in_the_table_is_named_first()
    {
        var (server, client) = await StartAsync();
        var known = KadNetwork.RandomPeer(new Random(1));
        server.Swarm.PeerStore.AddAddresses(known, [Address("/ip4/127.0.0.1/tcp/7"), Address("/ip4/8.8.8.8/tcp/7")], TimeSpan.FromHours(1), PeerNet.Swarm.Peers.AddressSource.Manual);
        var answer = await AskAsync(await OpenAsync(client, server), new KadMessage { Type = KadMessageType.FindNode, Key = known.Bytes });
        Assert.AreEqual(known, answer.CloserPeers[0].Id);
        Assert.HasCount(2, answer.CloserPeers[0].Addresses);
    }

    [TestMethod]
    [DataRow("silent")]
    [DataRow("drip")]
    [DataRow("reset")]
    [DataRow("half")]
    [DataRow("huge")]
    [DataRow("garbage")]
    [DataRow("crowd")]
    [DataRow("ten thousand")]
    [DataRow("invented")]
    [DataRow("itself")]
    [DataRow("wrong type")]
    public async Task Among_good_servers_a_bad_one_changes_nothing(string kind)
    {
        var (node, _) = await StartAsync();
        var good = new List<Node>();
        for (var i = 0; i < 4; i++)
        {
            good.Add(await StartNodeAsync(Options with { Seed = i + 5 }, new MemoryRecordStore(), new MemoryProviderStore()));
            await good[i].Swarm.ConnectAsync(node.Address, null, Token);
        }

        var misbehaviours = Record(node.Swarm);
        var liar = await StartLiarAsync(kind);
        await UntilAsync(() => node.Kad.TableCount == 4);
        await node.Swarm.ConnectAsync(liar.Address, null, Token);
        await UntilAsync(() => node.Kad.TableCount == 5);
        liar.Behave();
        var before = Lab.Time.GetUtcNow();
        var result = await RunAsync(node.Kad.GetClosestPeersAsync(Bytes("/v/key"), Token));
        Assert.IsLessThan(TimeSpan.FromSeconds(5), Lab.Time.GetUtcNow() - before);
        Assert.IsTrue(good.All(one => result.Closest.Any(peer => peer.Id == one.Swarm.LocalPeer)));
        await good[0].Records.PutAsync(new StoredValue { Key = Bytes("/v/key"), Value = Bytes("x"), From = node.Swarm.LocalPeer, ReceivedAt = Lab.Time.GetUtcNow() }, Token);
        Assert.IsNotNull(await RunAsync(node.Kad.GetValueAsync(Bytes("/v/key"), null, Token)));
        Assert.IsLessThan(TimeSpan.FromSeconds(10), Lab.Time.GetUtcNow() - before);
        if (kind is "crowd" or "ten thousand")
            Assert.AreEqual("crowded-answer", (await WaitForAsync<MisbehaviourReported>(misbehaviours)).Misbehaviour.Kind);
    }

    private async Task<(Node Server, SwarmHost Client)> StartAsync(KadOptions? options = null)
    {
        var server = await StartNodeAsync(options ?? Options, _records, _providers);
        var client = Lab.Create();
        await client.ConnectAsync(server.Address, null, Token);
        return (server, client);
    }

    private async Task<Node> StartNodeAsync(KadOptions options, MemoryRecordStore records, MemoryProviderStore providers)
    {
        var (swarm, address) = await Lab.CreateListeningAsync();
        var node = new Node(swarm, address, new KadService(swarm, options, records, providers), records);
        _owned.Add(node.Kad);
        _owned.Add(new IdentifyService(swarm));
        return node;
    }

    /// <summary>A server that answers well until it is told to behave as it likes.</summary>
    private async Task<Liar> StartLiarAsync(string kind)
    {
        var (swarm, address) = await Lab.CreateListeningAsync();
        var liar = new Liar(swarm, address, kind);
        swarm.Handle(Options.Protocol, liar.ServeAsync);
        _owned.Add(new IdentifyService(swarm));
        return liar;
    }

    private ValueTask<PeerStream> OpenAsync(SwarmHost client, Node server) => client.OpenStreamAsync(server.Swarm.LocalPeer, Options.Protocol, null, Token);

    private async Task<KadMessage> AskAsync(PeerStream stream, KadMessage request)
    {
        using var writer = new FrameWriter();
        KadWriter.Write(writer, request);
        await writer.SendAsync(stream, Token);
        using var reader = new FrameReader(stream);
        return await ReadAsync(reader);
    }

    private async Task<KadMessage> ReadAsync(FrameReader reader)
    {
        var frame = await RunAsync(reader.ReadAsync(KadProtocol.MaxMessageBytes, Token).AsTask());
        Assert.IsTrue(frame.IsMessage, frame.Describe());
        Assert.IsTrue(KadReader.TryRead(frame.Message.Span, out var message, out var fault), fault.ToString());
        return message;
    }

    private async Task ReadAllAsync(PeerStream stream)
    {
        var buffer = new byte[1024];
        while (await stream.ReadAsync(buffer, Token) > 0)
        {
        }
    }

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

    private sealed record Node(SwarmHost Swarm, Multiaddress Address, KadService Kad, MemoryRecordStore Records);

    private sealed class Liar(SwarmHost swarm, Multiaddress address, string kind)
    {
        private volatile bool _behaves;
        private int _lies;

        public SwarmHost Swarm { get; } = swarm;

        public Multiaddress Address { get; } = address;

        public void Behave() => _behaves = true;

        public async ValueTask ServeAsync(PeerStream stream, CancellationToken token)
        {
            using var reader = new FrameReader(stream);
            using var writer = new FrameWriter();
            while ((await reader.ReadAsync(KadProtocol.MaxRequestBytes, token)) is { IsMessage: true } frame && KadReader.TryRead(frame.Message.Span, out var request, out _))
            {
                if (_behaves && !await LieAsync(stream, writer, request, token))
                    return;
                if (!_behaves)
                    KadWriter.Write(writer, new KadMessage { Type = request.Type });
                await writer.SendAsync(stream, token);
            }
        }

        private async Task<bool> LieAsync(PeerStream stream, FrameWriter writer, KadMessage request, CancellationToken token)
        {
            var random = new Random(1);
            switch (kind)
            {
                case "silent":
                    await Task.Delay(Timeout.Infinite, token);
                    break;
                case "drip":
                    await stream.WriteAsync(new byte[] { 0x80 }, token);
                    await Task.Delay(Timeout.Infinite, token);
                    break;
                case "reset":
                    stream.Reset();
                    return false;
                case "half":
                    await stream.WriteAsync(new byte[] { 0x20, 0x08, 0x04 }, token);
                    return false;
                case "huge":
                    await stream.WriteAsync(Convert.FromHexString("ffffffff7f00"), token);
                    return false;
                case "garbage":
                    writer.Append([0xff, 0xff, 0xff]);
                    return true;
                case "crowd":
                    KadWriter.Write(writer, new KadMessage
                    {
                        Type = request.Type,
                        CloserPeers = [.. Enumerable.Range(0, 300).Select(_ => new KadPeer(KadNetwork.RandomPeer(random), [Multiaddress.Parse("/ip4/127.0.0.1/tcp/1")]))],
                    });
                    return true;
                case "ten thousand":
                    writer.Append(TenThousandPeers(request.Type, random));
                    return true;
                case "invented":
                    // Others each time, at places where nobody is.
                    random = new Random(++_lies);
                    KadWriter.Write(writer, new KadMessage
                    {
                        Type = request.Type,
                        CloserPeers = [.. Enumerable.Range(1, 20).Select(port => new KadPeer(KadNetwork.RandomPeer(random), [Multiaddress.Parse($"/ip4/127.0.0.1/tcp/{port}")]))],
                    });
                    return true;
                case "itself":
                    KadWriter.Write(writer, new KadMessage { Type = request.Type, CloserPeers = [new KadPeer(Swarm.LocalPeer, [Address.WithoutPeerId()]), new KadPeer(stream.Peer, [])] });
                    return true;
                default:
                    KadWriter.Write(writer, new KadMessage { Type = (KadMessageType)77 });
                    return true;
            }

            return false;
        }

        // By hand: our own writer sends no such thing.
        private static byte[] TenThousandPeers(KadMessageType type, Random random)
        {
            var bytes = new List<byte> { 0x08, (byte)type };
            for (var i = 0; i < 10_000; i++)
            {
                var id = KadNetwork.RandomPeer(random).Bytes;
                bytes.AddRange([0x42, (byte)(id.Length + 2), 0x0a, (byte)id.Length, .. id.Span]);
            }

            return [.. bytes];
        }
    }
}
