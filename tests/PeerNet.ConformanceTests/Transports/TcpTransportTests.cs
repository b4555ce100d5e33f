using System.Net;
using System.Net.Sockets;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Core.Errors;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;
using PeerNet.Testing;

namespace PeerNet.ConformanceTests.Transports;

[TestClass]
[TestCategory("Socket")]
public sealed class TcpTransportTests : RawTransportConformance
{
    protected override Multiaddress ListenAddress { get; } = Multiaddress.Parse("/ip4/127.0.0.1/tcp/0");

    protected override IRawTransport Create() => new TcpTransport(new TcpOptions { ConnectTimeout = Patience });

    [TestMethod]
    public async Task A_dial_leaves_from_the_listening_port()
    {
        if (!TcpSocket.CanReusePort)
            Assert.Inconclusive("This system cannot share a port between listening and dialling.");
        await using var transport = new TcpTransport();
        await using var own = await transport.ListenAsync(Multiaddress.Parse("/ip4/0.0.0.0/tcp/0"), Token);
        await using var pair = await ConnectAsync();
        await using var dialled = await transport.DialAsync(pair.Address, true, Token);
        own.Address.TryGetPort(out var listening);
        dialled.LocalAddress.TryGetPort(out var used);
        Assert.AreEqual(listening, used);

        // The same two ports are taken now: the second dial takes another one.
        await using var second = await transport.DialAsync(pair.Address, true, Token);
        second.LocalAddress.TryGetPort(out used);
        Assert.AreNotEqual(listening, used);
        await using var third = await transport.DialAsync(pair.Address, false, Token);
        third.LocalAddress.TryGetPort(out used);
        Assert.AreNotEqual(listening, used);
    }

    [TestMethod]
    public async Task A_listener_on_every_interface_keeps_its_address_and_gets_a_port()
    {
        await using var transport = new TcpTransport();
        await using var listener = await transport.ListenAsync(Multiaddress.Parse("/ip4/0.0.0.0/tcp/0"), Token);
        Assert.IsTrue(listener.Address.TryGetIPEndPoint(out var endPoint));
        Assert.AreEqual(IPAddress.Any, endPoint.Address);
        Assert.AreNotEqual(0, endPoint.Port);
    }

    [TestMethod]
    public async Task Both_families_share_a_port_number()
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Inconclusive("This system has no IPv6.");
        await using var transport = new TcpTransport();
        await using var four = await transport.ListenAsync(Multiaddress.Parse("/ip4/0.0.0.0/tcp/0"), Token);
        four.Address.TryGetPort(out var port);
        await using var six = await transport.ListenAsync(Multiaddress.Parse($"/ip6/::/tcp/{port}"), Token);
        await using var dialled = await transport.DialAsync(Multiaddress.Parse($"/ip6/::1/tcp/{port}"), false, Token);
        var inbound = await six.AcceptAsync(Token);
        Assert.AreEqual(dialled.LocalAddress, inbound!.RemoteAddress);
        await inbound.DisposeAsync();
    }

    [TestMethod]
    public async Task A_closed_port_refuses_and_a_socket_never_meets_itself()
    {
        // A dial to a closed port of the ephemeral range may be given that very port: it must fail all the same.
        await using var transport = new TcpTransport();
        var listener = await transport.ListenAsync(ListenAddress, Token);
        await listener.DisposeAsync();
        var error = await Assert.ThrowsExactlyAsync<SocketException>(async () => await transport.DialAsync(listener.Address, true, Token));
        Assert.AreEqual(SocketError.ConnectionRefused, error.SocketErrorCode);
        Assert.AreEqual(DialFailure.Unreachable, DialFailureClassifier.Classify(error));
    }

    [TestMethod]
    public async Task A_node_that_dials_its_own_listener_meets_it_from_another_port()
    {
        await using var transport = new TcpTransport();
        await using var listener = await transport.ListenAsync(ListenAddress, Token);
        await using var dialled = await transport.DialAsync(listener.Address, true, Token);
        Assert.AreNotEqual(listener.Address, dialled.LocalAddress);
    }

    [TestMethod]
    public async Task A_silent_network_is_given_up_at_the_deadline()
    {
        // A listener whose queue is full does not answer: the kernel drops the attempt.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        await using var transport = new TcpTransport(new TcpOptions { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        var address = Multiaddress.FromIPEndPoint((IPEndPoint)full.LocalEndPoint!, ProtocolType.Tcp);
        var error = await Assert.ThrowsExactlyAsync<SocketException>(async () =>
        {
            for (var i = 0; i < 10; i++)
                await transport.DialAsync(address, false, Token);
        });
        Assert.AreEqual(SocketError.TimedOut, error.SocketErrorCode);
        Assert.AreEqual(DialFailure.TimedOut, DialFailureClassifier.Classify(error));
    }

    [TestMethod]
    public async Task An_interface_that_is_not_there_is_named_in_the_error()
    {
        await using var transport = new TcpTransport();
        var error = await Assert.ThrowsExactlyAsync<SocketException>(
            async () => await transport.DialAsync(Multiaddress.Parse("/ip6zone/nope7/ip6/fe80::1/tcp/4001"), true, Token));
        StringAssert.Contains(error.Message, "nope7", StringComparison.Ordinal);
        Assert.AreEqual(DialFailure.LocalNetwork, DialFailureClassifier.Classify(error));
    }

    [TestMethod]
    public async Task Small_packets_are_not_held_back_and_dead_peers_are_noticed()
    {
        await using var transport = new TcpTransport();
        using var listening = TcpSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpOptions(), false);
        using var socket = TcpSocket.Create(AddressFamily.InterNetwork);
        TcpSocket.Configure(socket, new TcpOptions());
        Assert.IsTrue(socket.NoDelay);
        Assert.AreNotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
        Assert.AreEqual(30, (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!);
    }

    [TestMethod]
    [DataRow("/ip4/127.0.0.1/tcp/1/ws")]
    [DataRow("/ip4/127.0.0.1/udp/1/quic-v1")]
    [DataRow("/dns4/localhost/tcp/1")]
    [DataRow("/ip4/127.0.0.1/tcp/0")]
    [DataRow("/memory/1")]
    public void Other_addresses_are_for_other_transports(string address) => Assert.IsFalse(Create().CanDial(Multiaddress.Parse(address)));
}
