using System.Net;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Listening;
using PeerNet.Swarm.Trimming;
using PeerNet.Testing.Swarm;

namespace PeerNet.UnitTests.Swarm;

[TestClass]
public sealed class SwarmListenTests : SwarmTest
{
    [TestMethod]
    public async Task Listen_addresses_follow_the_interfaces()
    {
        var interfaces = new FakeInterfaces(IPAddress.Loopback, IPAddress.Parse("192.168.1.2"));
        var swarm = Lab.Create(change: services => services with { Interfaces = interfaces });
        var events = Record(swarm);
        var bound = await swarm.ListenAsync(Address("/ip4/0.0.0.0/tcp/4001"), Token);
        Assert.AreEqual("/ip4/0.0.0.0/tcp/4001", bound.ToString());
        Assert.AreEqual("/ip4/127.0.0.1/tcp/4001 /ip4/192.168.1.2/tcp/4001", string.Join(' ', swarm.ListenAddresses));
        interfaces.Set(IPAddress.Loopback, IPAddress.Parse("192.168.1.3"));
        Assert.AreEqual("/ip4/127.0.0.1/tcp/4001 /ip4/192.168.1.3/tcp/4001", string.Join(' ', swarm.ListenAddresses));
        await WaitForAsync<ListenAddressesChanged>(events, e => e.Listening.Contains(Address("/ip4/192.168.1.3/tcp/4001")));
        Assert.IsTrue(await swarm.StopListeningAsync(bound));
        Assert.AreEqual(0, swarm.ListenAddresses.Count);
        Assert.IsFalse(await swarm.StopListeningAsync(bound));
    }

    [TestMethod]
    public async Task Only_announced_addresses_are_advertised_when_there_are_any()
    {
        var swarm = Lab.Create(new SwarmOptions { Listening = new ListenOptions { Announce = [Address("/ip4/1.2.3.4/tcp/13371")], AppendAnnounce = [Address("/ip4/8.8.8.8/tcp/1")] } });
        await swarm.ListenAsync(Address("/ip4/127.0.0.1/tcp/8090"), Token);
        swarm.ConfirmExternalAddress(Address("/ip4/9.9.9.9/tcp/1"));
        Assert.AreEqual("/ip4/1.2.3.4/tcp/13371", string.Join(' ', swarm.AdvertisedAddresses));
        Assert.AreEqual("/ip4/127.0.0.1/tcp/8090", string.Join(' ', swarm.ListenAddresses));
    }

    [TestMethod]
    public async Task Further_addresses_are_advertised_besides_and_networks_kept_back()
    {
        var swarm = Lab.Create(new SwarmOptions
        {
            Listening = new ListenOptions { AppendAnnounce = [Address("/dns4/example.com/tcp/1")], NoAnnounce = [IPNetwork.Parse("127.0.0.0/8")] },
        });
        await swarm.ListenAsync(Address("/ip4/127.0.0.1/tcp/8090"), Token);
        swarm.ConfirmExternalAddress(Address("/ip4/9.9.9.9/tcp/1").WithPeerId(swarm.LocalPeer));
        Assert.AreEqual("/ip4/9.9.9.9/tcp/1 /dns4/example.com/tcp/1", string.Join(' ', swarm.AdvertisedAddresses));
        swarm.RemoveExternalAddress(Address("/ip4/9.9.9.9/tcp/1").WithPeerId(swarm.LocalPeer));
        Assert.AreEqual("/dns4/example.com/tcp/1", string.Join(' ', swarm.AdvertisedAddresses));
    }

    [TestMethod]
    public async Task An_observed_address_is_advertised_once_four_observers_agree_and_as_long_as_they_stay()
    {
        var swarm = Lab.Create();
        var events = Record(swarm);
        var bound = await swarm.ListenAsync(Address("/ip4/127.0.0.1/tcp/4001"), Token);
        var external = Address("/ip4/9.9.9.9/tcp/5001");
        var observers = new List<SwarmHost>();
        for (var i = 1; i <= 4; i++)
        {
            CollectionAssert.DoesNotContain(swarm.AdvertisedAddresses.ToArray(), external);
            var observer = Lab.Create(host: IPAddress.Parse($"1.1.1.{i}"));
            observers.Add(observer);
            await observer.ConnectAsync(bound.WithPeerId(swarm.LocalPeer), token: Token);
            await FakeSwarm.UntilAsync(() => swarm.IsConnected(observer.LocalPeer));
            swarm.ReportIdentified(swarm.GetConnection(observer.LocalPeer)!, new PeerIdentity { ObservedAddress = external });
        }

        CollectionAssert.Contains(swarm.AdvertisedAddresses.ToArray(), external);
        await WaitForAsync<ObservedAddressChanged>(events, e => e.IsActive && e.Address == external);
        await observers[0].DisconnectAsync(swarm.LocalPeer, Token);
        await WaitForAsync<ObservedAddressChanged>(events, e => !e.IsActive);
        CollectionAssert.DoesNotContain(swarm.AdvertisedAddresses.ToArray(), external);
    }

    [TestMethod]
    public async Task A_listener_that_ends_by_itself_takes_its_address_along()
    {
        var swarm = Lab.Create();
        var circuit = await swarm.ListenAsync(Address($"/ip4/5.6.7.8/tcp/1/p2p/{Lab.NewKey().PeerId}/p2p-circuit"), Token);
        CollectionAssert.Contains(swarm.AdvertisedAddresses.ToArray(), circuit);
        await Lab.Network.Find(circuit)!.DisposeAsync();
        await FakeSwarm.UntilAsync(() => swarm.AdvertisedAddresses.Count == 0);
    }

    [TestMethod]
    public async Task An_accepted_connection_of_a_denied_address_is_refused_before_its_first_byte()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        server.Gater.Deny(IPAddress.Parse("6.6.6.6"));
        var events = Record(server);
        var client = Lab.Create(host: IPAddress.Parse("6.6.6.6"));
        await Assert.ThrowsExactlyAsync<DialException>(() => client.ConnectAsync(address, token: Token).AsTask());
        Assert.AreEqual("gated", (await WaitForAsync<InboundFailed>(events)).Reason);
        Assert.IsTrue(Usage(server).IsEmpty);
    }

    [TestMethod]
    public async Task A_denied_peer_is_told_that_it_was_gated_and_no_handler_sees_it()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var events = Record(server);
        var client = Lab.Create();
        server.Gater.Deny(client.LocalPeer);
        var connection = await client.ConnectAsync(address, token: Token);
        Assert.AreEqual(ErrorCodes.ConnectionGated, (await connection.Closed.WaitAsync(Patience, Token)).Code);
        await WaitForAsync<InboundFailed>(events);
        Assert.AreEqual(0, server.ConnectionCount);
        await FakeSwarm.UntilAsync(() => Usage(server).IsEmpty);
    }

    [TestMethod]
    public async Task One_address_has_a_limited_number_of_connections_and_gets_its_places_back()
    {
        var (server, address) = await Lab.CreateListeningAsync();
        var clients = Enumerable.Range(0, 9).Select(_ => Lab.Create(host: IPAddress.Parse("7.7.7.7"))).ToArray();
        foreach (var client in clients.Take(8))
            await client.ConnectAsync(address, token: Token);
        await Assert.ThrowsExactlyAsync<DialException>(() => clients[8].ConnectAsync(address, token: Token).AsTask());
        await clients[0].DisconnectAsync(server.LocalPeer, Token);
        await clients[8].ConnectAsync(address, new ConnectOptions { IgnoreBackoff = true }, Token);
    }

    [TestMethod]
    public async Task Too_many_connections_are_trimmed_but_not_the_protected_ones()
    {
        var (server, address) = await Lab.CreateListeningAsync(new SwarmOptions
        {
            Connections = new ConnectionManagerOptions { LowWatermark = 3, HighWatermark = 5, GracePeriod = TimeSpan.FromSeconds(20) },
        });
        var clients = new List<SwarmHost>();
        for (var i = 0; i < 8; i++)
        {
            var client = Lab.Create();
            clients.Add(client);
            await client.ConnectAsync(address, token: Token);
            await FakeSwarm.UntilAsync(() => server.IsConnected(client.LocalPeer));
        }

        server.ConnectionManager.Protect(clients[0].LocalPeer, "mesh");
        server.ConnectionManager.Protect(clients[0].LocalPeer, "relay");
        server.ConnectionManager.Tag(clients[1].LocalPeer, "useful", 10);
        Assert.AreEqual(8, server.ConnectionCount, "young connections are spared");
        await Lab.AdvanceUntilAsync(() => server.ConnectionCount == 3, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));
        Assert.IsTrue(server.IsConnected(clients[0].LocalPeer) && server.IsConnected(clients[1].LocalPeer));
        Assert.IsTrue(server.ConnectionManager.WasTrimmedRecently(clients[2].LocalPeer));
        Assert.AreEqual(ErrorCodes.ConnectionGarbageCollected, (await Lab.Network.Pairs.ElementAt(2).Dialer.Closed).Code);
        Assert.IsTrue(server.ConnectionManager.Unprotect(clients[0].LocalPeer, "mesh"), "another name protects it still");
        Assert.IsFalse(server.ConnectionManager.Unprotect(clients[0].LocalPeer, "relay"));
    }
}
