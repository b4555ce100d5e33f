using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Resources;
using PeerNet.Swarm.Streams;
using PeerNet.Testing.Swarm;

namespace PeerNet.UnitTests.Swarm;

[TestClass]
public sealed class SwarmStreamTests : SwarmTest
{
    [TestMethod]
    public async Task Opens_a_stream_to_a_peer_that_is_not_connected_yet()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        HandleEcho(server);
        var client = Lab.Create();
        client.PeerStore.AddAddresses(server.LocalPeer, [address], TimeSpan.FromHours(1), PeerNet.Swarm.Peers.AddressSource.Manual);
        await using var stream = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        Assert.AreEqual("hello", await EchoAsync(stream, "hello"));
        Assert.AreEqual(server.LocalPeer, stream.Peer);
    }

    [TestMethod]
    public async Task An_unknown_protocol_is_a_typed_error_and_the_connection_goes_on()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server);
        var error = await Assert.ThrowsExactlyAsync<NegotiationException>(() => client.OpenStreamAsync(server.LocalPeer, "/unknown", token: Token).AsTask());
        Assert.AreEqual(NegotiationFailure.Unsupported, error.Reason);
        await using var stream = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        Assert.AreEqual("x", await EchoAsync(stream, "x"));
    }

    [TestMethod]
    public async Task Of_several_protocols_the_first_that_the_peer_serves_is_spoken()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server, "/echo/1");
        ProtocolId[] protocols = ["/echo/2", "/echo/1"];
        await using var stream = await client.OpenStreamAsync(server.LocalPeer, protocols, token: Token);
        Assert.AreEqual("/echo/1", stream.Protocol.Value);
        Assert.AreEqual("x", await EchoAsync(stream, "x"));
    }

    [TestMethod]
    public async Task A_protocol_that_the_peer_is_known_to_serve_costs_no_round_trip_and_a_stale_belief_shows_at_the_first_read()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server);
        client.PeerStore.SetProtocols(server.LocalPeer, ["/echo", "/gone"]);
        await using (var stream = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token))
            Assert.AreEqual("x", await EchoAsync(stream, "x"));

        await using var refused = await client.OpenStreamAsync(server.LocalPeer, "/gone", token: Token);
        var error = await Assert.ThrowsExactlyAsync<NegotiationException>(() => ReadAsync(refused));
        Assert.AreEqual(NegotiationFailure.Unsupported, error.Reason);
        await Assert.ThrowsExactlyAsync<NegotiationException>(() => client.OpenStreamAsync(server.LocalPeer, "/gone", new StreamOptions { AllowLazyNegotiation = false }, Token).AsTask());
    }

    [TestMethod]
    public async Task A_handler_for_many_protocols_sees_which_one_it_is()
    {
        var (server, client) = await PairAsync();
        server.Handle(protocol => protocol.Value.StartsWith("/many/", StringComparison.Ordinal), async (stream, token) =>
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(stream.Protocol.Value), token);
        });
        await using var stream = await client.OpenStreamAsync(server.LocalPeer, "/many/7", token: Token);
        Assert.AreEqual("/many/7", await EchoAsync(stream, ""));
        Assert.AreEqual(0, server.Protocols.Count, "others are not told of it");
    }

    [TestMethod]
    public async Task A_handler_that_returns_closes_and_one_that_throws_resets_with_a_code()
    {
        var (server, client) = await PairAsync();
        var events = Record(server);
        server.Handle("/returns", (_, _) => ValueTask.CompletedTask);
        server.Handle("/violation", (_, _) => throw new ProtocolViolationException("/violation", "the peer lied"));
        server.Handle("/limit", (_, _) => throw new ResourceLimitException(new ResourceRefusal("test", "test", 1, 1, 1)));
        server.Handle("/bug", (_, _) => throw new InvalidOperationException("a bug"));

        await using (var stream = await client.OpenStreamAsync(server.LocalPeer, "/returns", token: Token))
            Assert.AreEqual(0, await ReadAsync(stream));
        Assert.AreEqual(ErrorCodes.StreamProtocolViolation, await ResetCodeAsync(client, server.LocalPeer, "/violation"));
        Assert.AreEqual(ErrorCodes.StreamResourceLimit, await ResetCodeAsync(client, server.LocalPeer, "/limit"));
        Assert.AreEqual(ErrorCodes.None, await ResetCodeAsync(client, server.LocalPeer, "/bug"));
        var report = await WaitForAsync<MisbehaviourReported>(events);
        Assert.AreEqual((client.LocalPeer, "/violation"), (report.Peer, report.Misbehaviour.Protocol));
    }

    [TestMethod]
    public async Task A_peer_over_its_handlers_limit_is_reset_and_another_peer_is_not()
    {
        var (server, client) = await PairAsync();
        var other = Lab.Create();
        await other.ConnectAsync(server.ListenAddresses[0].WithPeerId(server.LocalPeer), token: Token);
        HandleEcho(server, options: new HandlerOptions { MaxInboundStreams = 2 });
        var held = new List<PeerStream>();
        for (var i = 0; i < 2; i++)
            held.Add(await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token));
        Assert.AreEqual(ErrorCodes.StreamResourceLimit, await ResetCodeAsync(client, server.LocalPeer, "/echo"));
        await using (var fromOther = await other.OpenStreamAsync(server.LocalPeer, "/echo", token: Token))
            Assert.AreEqual("x", await EchoAsync(fromOther, "x"));

        Assert.AreEqual("y", await EchoAsync(held[0], "y"));
        await held[0].DisposeAsync();
        await FakeSwarm.UntilAsync(() => server.GetConnection(client.LocalPeer)!.StreamCount == 1);
        await using var again = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        Assert.AreEqual("z", await EchoAsync(again, "z"));
    }

    [TestMethod]
    public async Task A_peer_that_opens_and_resets_pays_for_the_handlers_it_leaves_behind()
    {
        var (server, client) = await PairAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = 0;
        server.Handle("/slow", async (_, _) =>
        {
            Interlocked.Increment(ref running);
            await release.Task;
        }, new HandlerOptions { MaxInboundStreams = 3 });
        for (var i = 0; i < 20; i++)
        {
            try
            {
                var stream = await client.OpenStreamAsync(server.LocalPeer, "/slow", token: Token);
                stream.Reset();
            }
            catch (PeerNetException)
            {
                // Refused: that is what the limit is for.
            }
        }

        await FakeSwarm.UntilAsync(() => Volatile.Read(ref running) == 3);
        release.SetResult();
        await FakeSwarm.UntilAsync(() => server.GetConnection(client.LocalPeer)!.StreamCount == 0);
    }

    [TestMethod]
    public async Task A_stream_that_never_negotiates_is_reset_at_the_deadline_and_the_connection_stays()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server);
        var silent = await Lab.Network.Pairs.First().Dialer.OpenStreamAsync(Token);
        await FakeSwarm.UntilAsync(() => server.GetConnection(client.LocalPeer)!.StreamCount == 1);
        await Lab.AdvanceUntilAsync(() => silent.IsClosed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12));
        Assert.AreEqual(ErrorCodes.StreamNegotiationFailed, ((FakeMuxedStream)silent).ResetCode);
        await using var stream = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        Assert.AreEqual("x", await EchoAsync(stream, "x"));
    }

    [TestMethod]
    public async Task Silent_streams_of_one_peer_keep_no_other_out()
    {
        var (server, client) = await PairAsync();
        var other = Lab.Create();
        await other.ConnectAsync(server.ListenAddresses[0].WithPeerId(server.LocalPeer), token: Token);
        HandleEcho(server);
        var attacker = Lab.Network.Pairs.First().Dialer;
        for (var i = 0; i < 1000; i++)
            await attacker.OpenStreamAsync(Token);
        await FakeSwarm.UntilAsync(() => server.GetConnection(client.LocalPeer)!.StreamCount == 128);
        await using var stream = await other.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        Assert.AreEqual("x", await EchoAsync(stream, "x"));
        Assert.AreEqual(128, server.GetConnection(client.LocalPeer)!.StreamCount);
    }

    [TestMethod]
    public async Task Opening_a_stream_that_the_peer_never_answers_ends_at_the_deadline()
    {
        var (server, client) = await PairAsync();
        server.GetConnection(client.LocalPeer);
        Lab.Network.Pairs.First().Dialer.HangsOnOpen = true;
        var opening = client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token).AsTask();
        await Lab.AdvanceUntilAsync(() => opening.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12));
        var error = await Assert.ThrowsExactlyAsync<NegotiationException>(() => opening);
        Assert.AreEqual(NegotiationFailure.TimedOut, error.Reason);
        Assert.AreEqual(0, Usage(client).StreamsOutbound);
    }

    [TestMethod]
    public async Task Cancelling_an_open_resets_that_stream_and_nothing_else()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server);
        using var source = new CancellationTokenSource();
        Lab.Network.Pairs.First().Dialer.HangsOnOpen = true;
        var opening = client.OpenStreamAsync(server.LocalPeer, "/echo", token: source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => opening);
        Lab.Network.Pairs.First().Dialer.HangsOnOpen = false;
        await using var stream = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        Assert.AreEqual("x", await EchoAsync(stream, "x"));
    }

    [TestMethod]
    public async Task When_the_connection_ends_while_a_stream_is_opened_the_peer_is_dialled_once_more()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server);
        client.PeerStore.AddAddresses(server.LocalPeer, server.ListenAddresses, TimeSpan.FromHours(1), PeerNet.Swarm.Peers.AddressSource.Manual);
        for (var i = 0; i < 100; i++)
        {
            // The peer hangs up in the very moment in which a stream is wanted.
            Lab.Network.Pairs.Last().Listener.Abort();
            await using var stream = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
            Assert.AreEqual("x", await EchoAsync(stream, "x"));
        }
    }

    [TestMethod]
    public async Task A_limited_connection_is_used_only_by_those_who_ask()
    {
        var server = Lab.Create();
        var circuit = await server.ListenAsync(Address($"/ip4/5.6.7.8/tcp/1/p2p/{Lab.NewKey().PeerId}/p2p-circuit"), Token);
        HandleEcho(server, "/open");
        HandleEcho(server, "/relayed", new HandlerOptions { RunOnLimitedConnections = true });
        var client = Lab.Create();
        await client.ConnectAsync(server.LocalPeer, new ConnectOptions { Addresses = [circuit] }, Token);
        Assert.IsTrue(client.IsConnected(server.LocalPeer));
        Assert.IsFalse(client.IsConnected(server.LocalPeer, allowLimited: false));
        await Assert.ThrowsExactlyAsync<LimitedConnectionException>(() => client.OpenStreamAsync(server.LocalPeer, "/relayed", token: Token).AsTask());
        var allow = new StreamOptions { AllowLimited = true };
        await using var stream = await client.OpenStreamAsync(server.LocalPeer, "/relayed", allow, Token);
        Assert.AreEqual("x", await EchoAsync(stream, "x"));
        var error = await Assert.ThrowsExactlyAsync<NegotiationException>(() => client.OpenStreamAsync(server.LocalPeer, "/open", allow, Token).AsTask());
        Assert.AreEqual(NegotiationFailure.Unsupported, error.Reason);

        // Who can wait is served as soon as there is a direct connection, which is preferred from then on.
        var waiting = client.OpenStreamAsync(server.LocalPeer, "/open", new StreamOptions { WaitForDirect = TimeSpan.FromMinutes(1) }, Token).AsTask();
        var direct = await server.ListenAsync(Address("/ip4/127.0.0.1/tcp/0"), Token);
        Assert.IsFalse(waiting.IsCompleted);
        await client.ConnectAsync(server.LocalPeer, new ConnectOptions { Addresses = [direct], AllowLimited = false }, Token);
        await using var waited = await waiting.WaitAsync(Patience, Token);
        Assert.AreEqual("z", await EchoAsync(waited, "z"));
        await using var second = await client.OpenStreamAsync(server.LocalPeer, "/open", token: Token);
        Assert.AreEqual("y", await EchoAsync(second, "y"));
    }

    [TestMethod]
    public async Task A_handlers_deadline_cancels_it()
    {
        var (server, client) = await PairAsync();
        server.Handle("/hang", async (_, token) => await Task.Delay(Timeout.InfiniteTimeSpan, token), new HandlerOptions { Deadline = TimeSpan.FromSeconds(30) });
        var stream = await client.OpenStreamAsync(server.LocalPeer, "/hang", token: Token);
        await Lab.AdvanceUntilAsync(() => stream.Closed.IsCompleted, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));
        await Assert.ThrowsExactlyAsync<StreamResetException>(() => ReadAsync(stream));
    }

    [TestMethod]
    public async Task An_idle_stream_is_reset_and_a_busy_one_is_not()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server, options: new HandlerOptions { IdleTimeout = TimeSpan.FromSeconds(20) });
        var idle = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        var busy = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        var buffer = new byte[1];
        for (var i = 0; i < 12; i++)
        {
            await busy.WriteAsync(buffer, Token);
            await busy.ReadExactlyAsync(buffer, Token);
            await Lab.AdvanceAsync(TimeSpan.FromSeconds(5));
        }

        Assert.IsTrue(idle.Closed.IsCompleted);
        Assert.IsFalse(busy.Closed.IsCompleted);
        busy.Reset();
    }

    [TestMethod]
    public async Task A_stream_that_the_peer_never_ends_is_reset_after_a_while()
    {
        var (server, client) = await PairAsync();
        server.Handle("/short", (_, _) => ValueTask.CompletedTask);
        var stream = await client.OpenStreamAsync(server.LocalPeer, "/short", token: Token);
        Assert.AreEqual(0, await ReadAsync(stream));
        Assert.AreEqual(1, server.GetConnection(client.LocalPeer)!.StreamCount);
        await Lab.AdvanceUntilAsync(() => stream.Closed.IsCompleted, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(90));
        await FakeSwarm.UntilAsync(() => server.GetConnection(client.LocalPeer)!.StreamCount == 0);
    }

    [TestMethod]
    public async Task A_stream_that_was_opened_here_and_disposed_does_not_wait_for_ever_either()
    {
        var (server, client) = await PairAsync();
        server.Handle("/hang", async (_, token) => await Task.Delay(Timeout.InfiniteTimeSpan, token));
        await using (await client.OpenStreamAsync(server.LocalPeer, "/hang", token: Token))
            Assert.AreEqual(1, client.GetConnection(server.LocalPeer)!.StreamCount);
        await Lab.AdvanceUntilAsync(() => client.GetConnection(server.LocalPeer)!.StreamCount == 0, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(90));
        Assert.AreEqual(0, Usage(client).StreamsOutbound);
    }

    [TestMethod]
    public async Task Streams_are_listed_and_their_bytes_counted()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server);
        var stream = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        await stream.WriteAsync(new byte[100], Token);
        await stream.ReadExactlyAsync(new byte[100], Token);
        var view = client.GetConnection(server.LocalPeer)!.GetStreams().Single();
        Assert.AreEqual(("/echo", Direction.Outbound, 100L, 100L), (view.Protocol!.Value.Value, view.Direction, view.BytesReceived, view.BytesSent));
        Assert.AreEqual(100, client.Bandwidth.OfPeer(server.LocalPeer)!.Sent);
        Assert.AreEqual(100, client.Bandwidth.Protocols["/echo"].Received);
        await FakeSwarm.UntilAsync(() => server.Bandwidth.Total.Sent == 100);
        await stream.DisposeAsync();
        await FakeSwarm.UntilAsync(() => client.GetConnection(server.LocalPeer)!.StreamCount == 0 && Usage(client).StreamsOutbound == 0 && Usage(server).StreamsInbound == 0);
        await client.DisconnectAsync(server.LocalPeer, Token);
        Assert.AreEqual(100, client.Bandwidth.OfPeer(server.LocalPeer)!.Sent, "counts outlive the connection");
    }

    [TestMethod]
    public async Task Whatever_happens_to_streams_nothing_stays_reserved()
    {
        var (server, client) = await PairAsync();
        HandleEcho(server);
        server.Handle("/throws", (_, _) => throw new ProtocolViolationException("/throws", "always"));
        server.Handle("/forgets", (_, _) => ValueTask.CompletedTask);
        var random = new Random(5);
        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), Token, async (i, token) =>
        {
            try
            {
                var protocol = new[] { "/echo", "/throws", "/forgets", "/unknown" }[i % 4];
                var stream = await client.OpenStreamAsync(server.LocalPeer, protocol, token: token);
                await stream.WriteAsync(new byte[10], token);
                switch (i % 3)
                {
                    case 0:
                        await stream.DisposeAsync();
                        break;
                    case 1:
                        stream.Reset();
                        break;
                    default:
                        await stream.CloseWriteAsync(token);
                        await stream.CopyToAsync(Stream.Null, token);
                        await stream.DisposeAsync();
                        break;
                }
            }
            catch (PeerNetException)
            {
                // Resets and refusals are part of it.
            }
        });
        await client.DisconnectAsync(server.LocalPeer, Token);
        await FakeSwarm.UntilAsync(() => Usage(client).IsEmpty && Usage(server).IsEmpty);
        Assert.IsTrue(((ResourceManager)server.Resources).TransientUsage.IsEmpty);
        Assert.AreEqual(0, ((ResourceManager)server.Resources).GetProtocolUsage().Count);
    }

    private async Task<(SwarmHost Server, SwarmHost Client)> PairAsync()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        await client.ConnectAsync(address, token: Token);
        await FakeSwarm.UntilAsync(() => server.IsConnected(client.LocalPeer));
        return (server, client);
    }

    private async Task<int> ReadAsync(PeerStream stream) => await stream.ReadAsync(new byte[1], Token);

    private async Task<uint> ResetCodeAsync(SwarmHost client, PeerId peer, string protocol)
    {
        // The reset may overtake the answer to the proposal.
        var error = await Assert.ThrowsExactlyAsync<StreamResetException>(async () => await ReadAsync(await client.OpenStreamAsync(peer, protocol, token: Token)));
        return error.Code;
    }
}
