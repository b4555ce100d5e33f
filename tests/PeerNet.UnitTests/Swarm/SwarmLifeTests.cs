using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.Testing.Swarm;

namespace PeerNet.UnitTests.Swarm;

[TestClass]
public sealed class SwarmLifeTests : SwarmTest
{
    [TestMethod]
    public async Task Events_tell_a_consistent_story_of_connections_and_peers()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        var events = Record(client);
        await client.ConnectAsync(address, token: Token);
        await client.ConnectAsync(address, new ConnectOptions { Force = true }, Token);
        foreach (var connection in client.GetConnections(server.LocalPeer))
            connection.Abort();
        await WaitForAsync<PeerDisconnected>(events);
        Type[] expected =
        [
            typeof(ConnectionOpened), typeof(PeerConnected), typeof(ConnectionOpened),
            typeof(ConnectionClosed), typeof(ConnectionClosed), typeof(PeerDisconnected),
        ];
        CollectionAssert.AreEqual(expected, events.Select(e => e.GetType()).ToArray());
        Assert.AreEqual(0, client.ConnectionCount);
    }

    [TestMethod]
    public async Task A_connection_is_identified_once_told_and_waiters_are_let_go_when_it_ends_first()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        var events = Record(client);
        var connection = await client.ConnectAsync(address, token: Token);
        Assert.IsFalse(connection.Identified.IsCompleted);
        client.ReportIdentified(connection, new PeerIdentity { AgentVersion = "test/1" });
        await connection.Identified.WaitAsync(Patience, Token);
        Assert.AreEqual("test/1", (await WaitForAsync<PeerIdentified>(events)).Identity.AgentVersion);
        await FakeSwarm.UntilAsync(() => server.IsConnected(client.LocalPeer));
        var other = server.GetConnection(client.LocalPeer)!;
        connection.Abort();
        await other.Identified.WaitAsync(Patience, Token);
    }

    [TestMethod]
    public async Task Shutting_down_lets_running_handlers_finish_and_refuses_new_streams_meanwhile()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        HandleEcho(server);
        var client = Lab.Create();
        await client.ConnectAsync(address, token: Token);
        var stream = await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        await stream.WriteAsync(new byte[1], Token);
        await stream.ReadExactlyAsync(new byte[1], Token);

        var shutdown = server.ShutdownAsync(TimeSpan.FromMinutes(1));
        await FakeSwarm.UntilAsync(() => server.ListenAddresses.Count == 0);
        await Assert.ThrowsAsync<PeerNetException>(() => client.OpenStreamAsync(server.LocalPeer, "/echo", new StreamOptions { DialIfNeeded = false }, Token).AsTask());
        await Assert.ThrowsExactlyAsync<DialException>(() => server.ConnectAsync(Lab.NewKey().PeerId, token: Token).AsTask());
        Assert.IsFalse(shutdown.IsCompleted);
        Assert.AreEqual("x", await EchoAsync(stream, "x"));
        await shutdown.WaitAsync(Patience, Token);
        Assert.AreEqual(0, server.ConnectionCount);
        await FakeSwarm.UntilAsync(() => Usage(server).IsEmpty);
        Assert.AreEqual(ErrorCodes.ConnectionShutdown, (await Lab.Network.Pairs.First().Dialer.Closed).Code);
    }

    [TestMethod]
    public async Task Shutting_down_waits_for_a_stuck_handler_no_longer_than_told()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var cancelled = false;
        server.Handle("/stuck", async (_, token) =>
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }
            finally
            {
                cancelled = true;
            }
        });
        var client = Lab.Create();
        await client.ConnectAsync(address, token: Token);
        _ = await client.OpenStreamAsync(server.LocalPeer, "/stuck", token: Token);
        var shutdown = server.ShutdownAsync(TimeSpan.FromSeconds(10));
        var took = await Lab.AdvanceUntilAsync(() => shutdown.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(9), took);
        Assert.IsLessThan(TimeSpan.FromSeconds(15), took);
        Assert.IsTrue(cancelled);
    }

    [TestMethod]
    public async Task Shutting_down_ends_dials_that_run_and_event_streams()
    {
        var client = Lab.Create();
        var hole = Address("/ip4/1.2.3.4/tcp/1");
        Lab.Network.Route(hole, FakeRoute.BlackHole);
        var dial = client.ConnectAsync(Lab.NewKey().PeerId, new ConnectOptions { Addresses = [hole] }, Token).AsTask();
        var reading = ReadToEndAsync(client);
        await FakeSwarm.UntilAsync(() => Lab.Network.Running == 1);
        var shutdown = client.DisposeAsync().AsTask();
        await Lab.AdvanceUntilAsync(() => shutdown.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        await Assert.ThrowsExactlyAsync<DialException>(() => dial);
        await reading.WaitAsync(Patience, Token);
        await client.DisposeAsync();
        Assert.AreEqual(0, Lab.Network.Running);
    }

    [TestMethod]
    public async Task A_thousand_connections_to_and_fro_leave_nothing_behind()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        HandleEcho(server);
        var client = Lab.Create();
        for (var i = 0; i < 1000; i++)
        {
            await using (var stream = await OpenAsync())
                Assert.AreEqual("x", await EchoAsync(stream, "x"));
            await client.DisconnectAsync(server.LocalPeer, Token);
        }

        await FakeSwarm.UntilAsync(() => Usage(client).IsEmpty && Usage(server).IsEmpty && client.ConnectionCount == 0 && server.ConnectionCount == 0);
        Assert.AreEqual(0, client.DialsInFlight);

        async Task<PeerStream> OpenAsync()
        {
            await client.ConnectAsync(address, token: Token);
            return await client.OpenStreamAsync(server.LocalPeer, "/echo", token: Token);
        }
    }

    [TestMethod]
    public async Task A_chore_that_throws_harms_no_other_and_comes_again()
    {
        var interfaces = new FailingInterfaces();
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create(
            new SwarmOptions { Listening = new PeerNet.Swarm.Listening.ListenOptions { InterfaceRefresh = TimeSpan.FromSeconds(1) } },
            services => services with { Interfaces = interfaces });
        client.PeerStore.AddAddresses(server.LocalPeer, [address], TimeSpan.FromDays(1), PeerNet.Swarm.Peers.AddressSource.Manual);
        await Lab.AdvanceUntilAsync(() => interfaces.Asked >= 3, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        client.ConnectionManager.KeepAlive(server.LocalPeer);
        await Lab.AdvanceUntilAsync(() => client.IsConnected(server.LocalPeer), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [TestMethod]
    public async Task A_handler_that_throws_when_told_of_the_end_leaves_the_connection_gone_all_the_same()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var registered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Handle("/bad", async (stream, token) =>
        {
            token.Register(() => throw new InvalidOperationException("a bug"));
            registered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        });
        var client = Lab.Create();
        await client.ConnectAsync(address, token: Token);
        _ = await client.OpenStreamAsync(server.LocalPeer, "/bad", token: Token);
        await registered.Task.WaitAsync(Patience, Token);
        await client.DisconnectAsync(server.LocalPeer, Token);
        await FakeSwarm.UntilAsync(() => server.ConnectionCount == 0 && Usage(server).IsEmpty);
    }

    private sealed class FailingInterfaces : PeerNet.Swarm.Listening.INetworkInterfaces
    {
        private int _asked;

        public event EventHandler? Changed
        {
            add { }
            remove { }
        }

        public int Asked => Volatile.Read(ref _asked);

        public IReadOnlyList<System.Net.IPAddress> GetAddresses()
        {
            Interlocked.Increment(ref _asked);
            throw new InvalidOperationException("no interfaces today");
        }
    }

    private async Task ReadToEndAsync(SwarmHost swarm)
    {
        await foreach (var happened in swarm.SubscribeAsync(Token))
            Assert.IsNotNull(happened);
    }
}
