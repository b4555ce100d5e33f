using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Dialing;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Peers;
using PeerNet.Testing.Swarm;

namespace PeerNet.UnitTests.Swarm;

[TestClass]
public sealed class SwarmDialTests : SwarmTest
{
    [TestMethod]
    public async Task Connects_and_both_sides_know_each_other()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        var seen = Record(server);
        var connection = await client.ConnectAsync(address, token: Token);
        Assert.AreEqual(server.LocalPeer, connection.Peer);
        Assert.AreEqual(Direction.Outbound, connection.Direction);
        var opened = await WaitForAsync<PeerConnected>(seen);
        Assert.AreEqual(client.LocalPeer, opened.Peer);
        Assert.IsTrue(client.IsConnected(server.LocalPeer));
        Assert.AreSame(connection, await client.ConnectAsync(server.LocalPeer, token: Token), "connected is connected");
        CollectionAssert.Contains(client.PeerStore.GetAddresses(server.LocalPeer).ToArray(), address.WithoutPeerId());
    }

    [TestMethod]
    public async Task Somebody_else_at_the_address_is_a_typed_error_and_nobody_hears_of_it()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        var clientEvents = Record(client);
        var handled = false;
        client.Handle(_ => true, (_, _) =>
        {
            handled = true;
            return ValueTask.CompletedTask;
        });
        var wanted = Lab.NewKey().PeerId;
        var error = await Assert.ThrowsExactlyAsync<DialException>(() => client.ConnectAsync(address.WithPeerId(wanted), token: Token).AsTask());
        Assert.AreEqual(DialFailure.UnexpectedPeer, error.Reason);
        Assert.AreEqual(DialFailure.UnexpectedPeer, error.Attempts.Single().Failure);
        Assert.AreEqual(0, client.PeerStore.GetAddresses(wanted).Count, "the address is not the wanted peer's");
        Assert.AreEqual(0, client.PeerStore.GetAddresses(server.LocalPeer).Count, "nor is the other's id believed");
        await WaitForAsync<DialFailed>(clientEvents);
        Assert.IsFalse(clientEvents.Any(e => e is ConnectionOpened or PeerConnected));
        Assert.IsFalse(handled);
        await FakeSwarm.UntilAsync(() => Usage(client).IsEmpty && Usage(server).IsEmpty);
    }

    [TestMethod]
    public async Task Never_dials_itself()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var error = await Assert.ThrowsExactlyAsync<DialException>(() => server.ConnectAsync(address, token: Token).AsTask());
        Assert.AreEqual(DialFailure.Self, error.Reason);
        var other = await Assert.ThrowsExactlyAsync<DialException>(() => server.ConnectAsync(address.WithPeerId(Lab.NewKey().PeerId), token: Token).AsTask());
        Assert.AreEqual(DialFailure.Self, other.Reason, "its own address under another name");
        Assert.AreEqual(0, Lab.Network.Dials.Count);
    }

    [TestMethod]
    public async Task A_connection_to_itself_is_refused_even_when_it_comes_up()
    {
        var key = Lab.NewKey();
        var one = Lab.Create(key: key);
        var two = Lab.Create(key: key);
        var bound = await one.ListenAsync(Address("/ip4/127.0.0.1/tcp/0"), Token);
        await Assert.ThrowsExactlyAsync<DialException>(() => two.ConnectAsync(bound, token: Token).AsTask());
        await FakeSwarm.UntilAsync(() => one.ConnectionCount == 0 && Usage(one).IsEmpty && Usage(two).IsEmpty);
    }

    [TestMethod]
    public async Task Fifty_callers_share_one_dial()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        var connections = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await client.ConnectAsync(address, token: Token))));
        Assert.AreEqual(1, connections.Distinct().Count());
        Assert.AreEqual(1, Lab.Network.Dials.Count);
        await FakeSwarm.UntilAsync(() => client.DialsInFlight == 0);
    }

    [TestMethod]
    public async Task A_waiter_that_gives_up_does_not_end_the_dial_of_others_and_the_last_one_does()
    {
        var client = Lab.Create();
        var peer = Lab.NewKey().PeerId;
        var hole = Address("/ip4/1.2.3.4/tcp/1");
        Lab.Network.Route(hole, FakeRoute.BlackHole);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var options = new ConnectOptions { Addresses = [hole] };
        var one = client.ConnectAsync(peer, options, first.Token).AsTask();
        var two = client.ConnectAsync(peer, options, second.Token).AsTask();
        await FakeSwarm.UntilAsync(() => Lab.Network.Running == 1);
        await first.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => one);
        Assert.AreEqual(1, client.DialsInFlight);
        Assert.IsFalse(two.IsCompleted);
        await second.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => two);
        await FakeSwarm.UntilAsync(() => client.DialsInFlight == 0 && Lab.Network.Running == 0);
    }

    [TestMethod]
    [DataRow("refused")]
    [DataRow("no network")]
    [DataRow("timeout")]
    [DataRow("wrong peer")]
    [DataRow("cancelled")]
    [DataRow("name")]
    [DataRow("handshake")]
    public async Task Whatever_ends_a_dial_the_next_one_works(string ending)
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var other = await Lab.CreateListeningAsync();
        var client = Lab.Create(change: services => services with { Resolver = new FailingResolver() });
        var dead = ending == "wrong peer" ? other.Address.WithoutPeerId() : Address("/ip4/1.2.3.4/tcp/1");
        Lab.Network.Route(dead, ending switch
        {
            "no network" => FakeRoute.NoNetwork,
            "timeout" or "cancelled" => FakeRoute.BlackHole,
            "handshake" => FakeRoute.BrokenHandshake,
            _ => FakeRoute.Open,
        });
        if (ending == "name")
            dead = Address("/dns4/nowhere.example/tcp/1");
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var dial = client.ConnectAsync(server.LocalPeer, new ConnectOptions { Addresses = [dead] }, source.Token).AsTask();
        if (ending == "cancelled")
            await source.CancelAsync();
        await Lab.AdvanceUntilAsync(() => dial.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));
        Assert.IsFalse(dial.IsCompletedSuccessfully);
        var expected = ending switch
        {
            "refused" => DialFailure.Unreachable,
            "no network" => DialFailure.LocalNetwork,
            "timeout" => DialFailure.TimedOut,
            "wrong peer" => DialFailure.UnexpectedPeer,
            "name" => DialFailure.NameResolution,
            "handshake" => DialFailure.UpgradeFailed,
            _ => (DialFailure?)null,
        };
        if (expected is not null)
            Assert.AreEqual(expected, ((DialException)dial.Exception!.InnerException!).Reason);
        await FakeSwarm.UntilAsync(() => client.DialsInFlight == 0);

        await client.ConnectAsync(address, token: Token);
        await FakeSwarm.UntilAsync(() => client.DialsInFlight == 0);
    }

    [TestMethod]
    public async Task A_failed_address_backs_off_and_a_forced_dial_does_not_care()
    {
        var client = Lab.Create();
        var peer = Lab.NewKey().PeerId;
        var options = new ConnectOptions { Addresses = [Address("/ip4/1.2.3.4/tcp/1")] };
        Assert.AreEqual(DialFailure.Unreachable, await FailureAsync(client, peer, options));
        Assert.AreEqual(DialFailure.BackingOff, await FailureAsync(client, peer, options));
        Assert.AreEqual(1, Lab.Network.Dials.Count);
        Assert.AreEqual(DialFailure.Unreachable, await FailureAsync(client, peer, options with { IgnoreBackoff = true }));
        Lab.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.AreEqual(DialFailure.Unreachable, await FailureAsync(client, peer, options));
    }

    [TestMethod]
    public async Task What_the_local_network_is_to_blame_for_is_not_held_against_the_peer()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        Lab.Network.Route(address.WithoutPeerId(), FakeRoute.NoNetwork);
        Assert.AreEqual(DialFailure.LocalNetwork, await FailureAsync(client, server.LocalPeer, new ConnectOptions { Addresses = [address] }));
        Lab.Network.Route(address.WithoutPeerId(), FakeRoute.Open);
        await client.ConnectAsync(address, token: Token);
    }

    [TestMethod]
    public async Task Both_sides_dialling_at_once_is_tried_again_at_once_from_another_port()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var (client, _) = await Lab.CreateListeningAsync();
        Lab.Network.Route(address.WithoutPeerId(), FakeRoute.SimultaneousOpen);
        await client.ConnectAsync(address, token: Token);
        CollectionAssert.AreEqual(new[] { true, false }, Lab.Network.Dials.Select(dial => dial.ReusePort).ToArray());
    }

    [TestMethod]
    public async Task An_inbound_connection_satisfies_a_dial_that_waits()
    {
        var (client, clientAddress) = await Lab.CreateListeningAsync();
        var server = Lab.Create();
        var hole = Address("/ip4/1.2.3.4/tcp/1");
        Lab.Network.Route(hole, FakeRoute.BlackHole);
        var dial = client.ConnectAsync(server.LocalPeer, new ConnectOptions { Addresses = [hole] }, Token).AsTask();
        await FakeSwarm.UntilAsync(() => Lab.Network.Running == 1);
        await server.ConnectAsync(clientAddress, token: Token);
        var connection = await dial.WaitAsync(Patience, Token);
        Assert.AreEqual(Direction.Inbound, connection.Direction);
        await FakeSwarm.UntilAsync(() => Lab.Network.Running == 0 && client.DialsInFlight == 0);
    }

    [TestMethod]
    public async Task One_good_address_behind_sixty_dead_ones_is_found_and_tried_first_next_time()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        var addresses = Enumerable.Range(1, 60).Select(i => Address($"/ip4/8.8.{i}.8/tcp/4001")).ToList();
        foreach (var hole in addresses.Where((_, i) => i % 3 != 0))
            Lab.Network.Route(hole, FakeRoute.BlackHole);

        // A public address that leads to the server, so that it gets no head start for being near.
        var bound = await server.ListenAsync(Address("/ip4/9.9.9.9/tcp/4001"), Token);
        addresses.Add(bound);
        var dial = client.ConnectAsync(server.LocalPeer, new ConnectOptions { Addresses = addresses }, Token).AsTask();
        var took = await Lab.AdvanceUntilAsync(() => dial.IsCompleted, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Assert.IsTrue(dial.IsCompletedSuccessfully, dial.Exception?.ToString());
        Assert.IsLessThan(TimeSpan.FromSeconds(10), took);
        Assert.IsLessThanOrEqualTo(8, Lab.Network.MostRunning);

        await client.DisconnectAsync(server.LocalPeer, Token);
        Lab.Network.Dials.Clear();
        await client.ConnectAsync(server.LocalPeer, token: Token);
        Assert.AreEqual(bound, Lab.Network.Dials.First().Address);
    }

    [TestMethod]
    public async Task A_failed_dial_of_many_addresses_tells_the_reasons_by_number()
    {
        var client = Lab.Create();
        var addresses = Enumerable.Range(1, 6).Select(i => Address($"/ip4/8.8.{i}.8/tcp/4001")).ToArray();
        foreach (var dead in addresses.Take(2))
            Lab.Network.Route(dead, FakeRoute.BrokenHandshake);
        var error = await Assert.ThrowsExactlyAsync<DialException>(() => client.ConnectAsync(Lab.NewKey().PeerId, new ConnectOptions { Addresses = addresses }, Token).AsTask());
        StringAssert.Contains(error.Message, "Of 6 addresses: 4 unreachable, 2 security or muxer negotiation failed.", StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Addresses_that_lead_nowhere_are_not_dialled()
    {
        var client = Lab.Create();
        var peer = Lab.NewKey().PeerId;
        string[] nowhere = ["/ip4/0.0.0.0/tcp/1", "/ip4/1.2.3.4/tcp/0", "/ip4/224.0.0.1/tcp/1", "/ip6/fe80::1/tcp/1", "/ip6/ff02::1/tcp/1", "/unix/tmp%2fx", "/ip4/1.2.3.4/udp/1/webrtc-direct"];
        var options = new ConnectOptions { Addresses = [.. nowhere.Select(Address)] };
        Assert.AreEqual(DialFailure.NoAddresses, await FailureAsync(client, peer, options));
        Assert.AreEqual(0, Lab.Network.Dials.Count);
        Assert.AreEqual(DialFailure.NoAddresses, await FailureAsync(client, Lab.NewKey().PeerId, ConnectOptions.Default));
    }

    [TestMethod]
    public async Task The_gater_is_asked_for_the_peer_and_for_the_address()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        client.Gater.Deny(System.Net.IPAddress.Loopback);
        Assert.AreEqual(DialFailure.Gated, await FailureAsync(client, server.LocalPeer, new ConnectOptions { Addresses = [address] }));
        client.Gater.RemoveDenied(System.Net.IPAddress.Loopback);
        client.Gater.Deny(server.LocalPeer);
        Assert.AreEqual(DialFailure.Gated, await FailureAsync(client, server.LocalPeer, new ConnectOptions { Addresses = [address] }));
        Assert.AreEqual(0, Lab.Network.Dials.Count);
    }

    [TestMethod]
    public async Task A_forced_dial_makes_a_second_connection_and_may_play_the_other_role()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        var first = await client.ConnectAsync(address, token: Token);
        var second = await client.ConnectAsync(address, new ConnectOptions { Force = true, IsInitiator = false, NoPortReuse = true }, Token);
        Assert.AreNotSame(first, second);
        Assert.AreEqual(2, client.GetConnections(server.LocalPeer).Count);
        Assert.AreSame(second, client.GetConnection(server.LocalPeer), "the newest is used");
        Assert.IsFalse(Lab.Network.Dials.Last().IsInitiator);
    }

    [TestMethod]
    public async Task A_peer_may_hold_a_limited_number_of_connections()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create(new SwarmOptions { Resources = PeerNet.Swarm.Resources.ResourceManagerOptions.Unlimited });
        var force = new ConnectOptions { Force = true };
        for (var i = 0; i < 8; i++)
            await client.ConnectAsync(address, force, Token);
        await FakeSwarm.UntilAsync(() => server.ConnectionCount == 8);
        var ninth = await client.ConnectAsync(address, force, Token);
        var how = await ninth.Closed.WaitAsync(Patience, Token);
        Assert.AreEqual(ErrorCodes.ConnectionResourceLimit, how.Code);
        Assert.AreEqual(8, server.ConnectionCount);
    }

    [TestMethod]
    public async Task Names_are_looked_up_while_other_addresses_are_tried()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var resolver = new SlowResolver(address);
        var client = Lab.Create(change: services => services with { Resolver = resolver });
        var dial = client.ConnectAsync(server.LocalPeer, new ConnectOptions { Addresses = [Address("/dnsaddr/example.com"), Address("/ip4/1.2.3.4/tcp/1")] }, Token).AsTask();
        await FakeSwarm.UntilAsync(() => Lab.Network.Dials.Count == 1);
        resolver.Answer.SetResult();
        await dial.WaitAsync(Patience, Token);
        Assert.AreEqual(true, client.PeerStore.GetStoredAddresses(server.LocalPeer).Single(a => a.Address.IsDns()).LastDialSucceeded, "it is the name that worked");
    }

    [TestMethod]
    public async Task A_kept_alive_peer_is_dialled_again_with_waits_that_grow()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var client = Lab.Create();
        client.PeerStore.AddAddresses(server.LocalPeer, [address], AddressTtl.Permanent, AddressSource.Manual);
        client.ConnectionManager.KeepAlive(server.LocalPeer);
        Assert.IsTrue(client.ConnectionManager.IsProtected(server.LocalPeer));
        await Lab.AdvanceUntilAsync(() => client.IsConnected(server.LocalPeer), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        client.GetConnection(server.LocalPeer)!.Abort();
        await FakeSwarm.UntilAsync(() => !client.IsConnected(server.LocalPeer));
        await Lab.AdvanceUntilAsync(() => client.IsConnected(server.LocalPeer), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        client.ConnectionManager.StopKeepingAlive(server.LocalPeer);
        client.GetConnection(server.LocalPeer)!.Abort();
        await FakeSwarm.UntilAsync(() => !client.IsConnected(server.LocalPeer));
        var dials = Lab.Network.Dials.Count;
        Lab.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.AreEqual(dials, Lab.Network.Dials.Count);
    }

    private async Task<DialFailure> FailureAsync(SwarmHost swarm, PeerId peer, ConnectOptions options)
        => (await Assert.ThrowsExactlyAsync<DialException>(() => swarm.ConnectAsync(peer, options, Token).AsTask())).Reason;

    private sealed class FailingResolver : IAddressResolver
    {
        public bool NeedsResolution(Multiaddress address) => address.IsDns();

        public ValueTask<IReadOnlyList<Multiaddress>> ResolveAsync(Multiaddress address, CancellationToken token = default)
            => throw new NameResolutionException(NameResolutionFailure.NotFound, address.ToString());
    }

    private sealed class SlowResolver(Multiaddress result) : IAddressResolver
    {
        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool NeedsResolution(Multiaddress address) => address.IsDns();

        public async ValueTask<IReadOnlyList<Multiaddress>> ResolveAsync(Multiaddress address, CancellationToken token = default)
        {
            await Answer.Task.WaitAsync(token);
            return [result];
        }
    }
}
