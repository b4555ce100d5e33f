using System.Security.Cryptography;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.ConformanceTests.Stacks;

/// <summary>What every stack keeps, whatever it is made of.</summary>
[TestClass]
[TestCategory("Socket")]
public sealed class StackTests
{
    private static readonly ProtocolId Echo = "/echo/1.0.0";

    private static readonly PrivateKey DialerKey = PrivateKey.FromEd25519Seed(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly PrivateKey ListenerKey = PrivateKey.FromEd25519Seed(Enumerable.Repeat((byte)2, 32).ToArray());

    private readonly MultistreamNegotiator _negotiator = new();

    public static IEnumerable<object[]> Stacks => Stack.All.Select(stack => new object[] { stack.Name });

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod, DynamicData(nameof(Stacks))]
    public async Task Both_ends_agree_on_who_they_are(string name)
    {
        await using var link = await ConnectAsync(name);
        Assert.AreEqual(ListenerKey.PeerId, link.Dialer.Description.RemotePeer);
        Assert.AreEqual(DialerKey.PeerId, link.Listener.Description.RemotePeer);
        Assert.AreEqual(Direction.Outbound, link.Dialer.Description.Direction);
        Assert.AreEqual(Direction.Inbound, link.Listener.Description.Direction);
        Assert.AreEqual(link.Dialer.Description.Transport, link.Listener.Description.Transport);
        Assert.AreEqual(link.Dialer.Description.Security, link.Listener.Description.Security);
        Assert.AreEqual("/yamux/1.0.0", link.Dialer.Description.Muxer.Value);
        Assert.AreEqual(link.Dialer.Description.LocalAddress, link.Listener.Description.RemoteAddress);
    }

    [TestMethod, DynamicData(nameof(Stacks))]
    public async Task Streams_echo_in_both_directions_at_once(string name)
    {
        await using var link = await ConnectAsync(name);
        _ = ServeAsync(link.Dialer);
        _ = ServeAsync(link.Listener);
        await Task.WhenAll(
            EchoAsync(link.Dialer, 2_000_000, lazily: true),
            EchoAsync(link.Listener, 2_000_000, lazily: false),
            Task.WhenAll(Enumerable.Range(0, 50).Select(i => EchoAsync(link.Dialer, i * 100, lazily: i % 2 == 0))),
            Task.WhenAll(Enumerable.Range(0, 50).Select(i => EchoAsync(link.Listener, i * 100, lazily: i % 2 == 1))));
    }

    [TestMethod, DynamicData(nameof(Stacks))]
    public async Task An_unknown_protocol_is_refused_and_the_connection_lives(string name)
    {
        await using var link = await ConnectAsync(name);
        _ = ServeAsync(link.Listener);
        var stream = await link.Dialer.OpenStreamAsync(Token);
        var error = await Assert.ThrowsExactlyAsync<NegotiationException>(async () => await _negotiator.NegotiateOutboundAsync(stream, ["/a", "/b"], Token));
        Assert.AreEqual(NegotiationFailure.Unsupported, error.Reason);
        stream.Reset();
        await EchoAsync(link.Dialer, 100, lazily: true);
    }

    [TestMethod, DynamicData(nameof(Stacks))]
    public async Task Another_peer_than_the_expected_one_is_refused_on_both_sides(string name)
    {
        var stack = Find(name);
        using var other = PrivateKey.Generate();
        var admission = new Admission();
        await using var server = stack.Create(ListenerKey);
        await using var client = stack.Create(DialerKey);
        await using var listener = await server.ListenAsync(Multiaddress.Parse(stack.ListenAddress), admission, Token);
        var accepting = listener.AcceptAsync(Token).AsTask();
        var error = await Assert.ThrowsExactlyAsync<HandshakeException>(
            async () => await client.DialAsync(listener.Address, new TransportDial { ExpectedPeer = other.PeerId, Scope = UnlimitedResources.Connection }, Token));
        Assert.AreEqual(HandshakeFailure.UnexpectedPeer, error.Reason);

        // TLS lets the listener believe in the connection until the first byte; then it has ended there too.
        var first = await Task.WhenAny(accepting, admission.Failed.Task).WaitAsync(Token);
        if (first == accepting)
            await (await accepting)!.Closed.WaitAsync(Token);
    }

    [TestMethod, DynamicData(nameof(Stacks))]
    public async Task A_closed_connection_is_seen_by_both_ends(string name)
    {
        await using var link = await ConnectAsync(name);
        var stream = await link.Dialer.OpenStreamAsync(Token);
        await stream.WriteAsync(new byte[10], Token);
        var inbound = await link.Listener.AcceptStreamAsync(Token);
        await link.Dialer.CloseAsync(token: Token);
        Assert.AreEqual(ConnectionCloseReason.Local, (await link.Dialer.Closed.WaitAsync(Token)).Reason);
        await link.Listener.Closed.WaitAsync(Token);
        Assert.IsNull(await link.Listener.AcceptStreamAsync(Token));
        await inbound!.Closed.WaitAsync(Token);
    }

    [TestMethod, DynamicData(nameof(Stacks))]
    public async Task Dials_side_by_side_all_come_up(string name)
    {
        var stack = Find(name);
        await using var server = stack.Create(ListenerKey);
        await using var client = stack.Create(DialerKey);
        await using var listener = await server.ListenAsync(Multiaddress.Parse(stack.ListenAddress), new Admission(), Token);
        var dials = Enumerable.Range(0, 40).Select(_ => client.DialAsync(listener.Address, Dial(), Token).AsTask()).ToArray();
        for (var i = 0; i < dials.Length; i++)
            _ = ServeAsync((await listener.AcceptAsync(Token))!);
        await Task.WhenAll(dials.Select(async dial =>
        {
            await using var connection = await dial;
            await EchoAsync(connection, 1000, lazily: true);
        }));
    }

    [TestMethod, DynamicData(nameof(Stacks))]
    public async Task Bare_bytes_that_stop_anywhere_hold_nobody_up(string name)
    {
        var stack = Find(name);
        var admission = new Admission();
        await using var server = stack.Create(ListenerKey, maxPendingInbound: 16);
        await using var client = stack.Create(DialerKey);
        await using var bare = stack.Transport();
        await using var listener = await server.ListenAsync(Multiaddress.Parse(stack.ListenAddress), admission, Token);
        var hostile = Enumerable.Range(0, 60).Select(i => StallAsync(bare, listener.Address, i)).ToArray();
        for (var i = 0; i < 5; i++)
        {
            var dial = client.DialAsync(listener.Address, Dial(), Token).AsTask();
            _ = ServeAsync((await listener.AcceptAsync(Token))!);
            await using var connection = await dial;
            await EchoAsync(connection, 1000, lazily: true);
        }

        Assert.IsLessThanOrEqualTo(16, server.PendingInbound);
        foreach (var stalled in hostile)
        {
            if (await stalled is { } connection)
                await connection.DisposeAsync();
        }
    }

    private static Stack Find(string name) => Stack.All.Single(stack => stack.Name == name);

    private static TransportDial Dial() => new() { ExpectedPeer = ListenerKey.PeerId, Scope = UnlimitedResources.Connection };

    /// <summary>Opens the raw transport and sends a beginning of a handshake.</summary>
    private async Task<RawConnection?> StallAsync(IRawTransport bare, Multiaddress address, int bytes)
    {
        try
        {
            var raw = await bare.DialAsync(address, false, Token);
            var beginning = "\x13/multistream/1.0.0\n\x07/noise\n\0\x20"u8.ToArray();
            await raw.SendAsync(beginning.AsMemory(0, Math.Min(bytes, beginning.Length)), Token);
            return raw;
        }
        catch (Exception error) when (error is PeerNetException or System.Net.Sockets.SocketException)
        {
            // Evicted by those who came later.
            return null;
        }
    }

    private async Task<Link> ConnectAsync(string name)
    {
        var stack = Find(name);
        var server = stack.Create(ListenerKey);
        var client = stack.Create(DialerKey);
        var listener = await server.ListenAsync(Multiaddress.Parse(stack.ListenAddress), new Admission(), Token);
        var dial = client.DialAsync(listener.Address, Dial(), Token).AsTask();
        var inbound = await listener.AcceptAsync(Token);
        return new Link(server, client, listener, await dial, inbound!);
    }

    private async Task ServeAsync(MuxedConnection connection)
    {
        while (await connection.AcceptStreamAsync() is { } stream)
            _ = AnswerAsync(stream);
    }

    private async Task AnswerAsync(MuxedStream stream)
    {
        try
        {
            var negotiated = (await _negotiator.NegotiateInboundAsync(stream, id => id == Echo)).Stream;
            while (await negotiated.ReadSliceAsync() is { IsEmpty: false } slice)
            {
                await negotiated.WriteAsync(slice.Memory);
                slice.Release();
            }

            await negotiated.CloseWriteAsync();
        }
        catch (PeerNetException)
        {
            stream.Reset();
        }
    }

    private async Task EchoAsync(MuxedConnection connection, int size, bool lazily)
    {
        var opened = await connection.OpenStreamAsync(Token);
        var stream = lazily ? _negotiator.NegotiateLazily(opened, Echo) : (await _negotiator.NegotiateOutboundAsync(opened, [Echo], Token)).Stream;
        var bytes = RandomNumberGenerator.GetBytes(size);
        var sending = SendAsync();
        var received = new byte[size];
        for (var at = 0; at < size;)
        {
            var count = await stream.ReadAsync(received.AsMemory(at), Token);
            Assert.AreNotEqual(0, count, "The echo ended too early.");
            at += count;
        }

        await sending;
        Assert.AreEqual(0, await stream.ReadAsync(new byte[1], Token));
        CollectionAssert.AreEqual(bytes, received);

        async Task SendAsync()
        {
            await stream.WriteAsync(bytes, Token);
            await stream.CloseWriteAsync(Token);
        }
    }

    private sealed class Admission : IInboundAdmission
    {
        public TaskCompletionSource<Exception> Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IConnectionScope? Admit(Multiaddress local, Multiaddress remote) => UnlimitedResources.Connection;

        public void UpgradeFailed(Multiaddress local, Multiaddress remote, Exception error) => Failed.TrySetResult(error);
    }

    private sealed record Link(ITransport Server, ITransport Client, ITransportListener Owner, MuxedConnection Dialer, MuxedConnection Listener) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Dialer.DisposeAsync();
            await Listener.DisposeAsync();
            await Owner.DisposeAsync();
            await Server.DisposeAsync();
            await Client.DisposeAsync();
        }
    }
}
