using System.Text;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Transports.Memory;
using PeerNet.Connections.Upgrade;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.UnitTests.Connections.Doubles;

namespace PeerNet.UnitTests.Connections.Upgrade;

[TestClass]
public sealed class ConnectionUpgraderTests : IDisposable
{
    private const string Header = "\x13/multistream/1.0.0\n";

    private static readonly PrivateKey DialerKey = PrivateKey.FromEd25519Seed(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly PrivateKey ListenerKey = PrivateKey.FromEd25519Seed(Enumerable.Repeat((byte)2, 32).ToArray());

    private readonly FakeTimeProvider _time = new();
    private readonly TestScope _dialerScope = new();
    private readonly TestScope _listenerScope = new();
    private readonly RecordingConnection _dialer;
    private readonly RecordingConnection _listener;

    public ConnectionUpgraderTests()
    {
        var (near, far) = MemoryConnection.CreatePair(Multiaddress.Parse("/memory/1"), Multiaddress.Parse("/memory/2"));
        (_dialer, _listener) = (new RecordingConnection(near), new RecordingConnection(far));
    }

    public TestContext TestContext { get; set; } = null!;

    public void Dispose()
    {
        _dialerScope.Dispose();
        _listenerScope.Dispose();
    }

    [TestMethod]
    public async Task A_connection_comes_up_and_knows_both_ends()
    {
        var (near, far) = await UpgradeAsync(Upgrader(DialerKey), Upgrader(ListenerKey));
        Assert.AreEqual(ListenerKey.PeerId, near.Description.RemotePeer);
        Assert.AreEqual(DialerKey.PeerId, far.Description.RemotePeer);
        Assert.AreEqual(DialerKey.PeerId, near.Description.LocalPeer);
        Assert.AreEqual("/memory/2", near.Description.RemoteAddress.ToString());
        Assert.AreEqual(Direction.Outbound, near.Description.Direction);
        Assert.AreEqual(Direction.Inbound, far.Description.Direction);
        Assert.AreEqual("/noise", far.Description.Security.Value);
        Assert.AreEqual("/test-muxer/1.0.0", far.Description.Muxer.Value);
        Assert.AreEqual("memory", far.Description.Transport);
        Assert.AreEqual(ListenerKey.PeerId, _dialerScope.Peer);
        Assert.IsFalse(_dialerScope.IsDisposed);
        await ExchangeAsync((TestMuxed)near, (TestMuxed)far);
    }

    [TestMethod]
    public async Task One_security_protocol_costs_no_round_trip()
    {
        await UpgradeAsync(Upgrader(DialerKey), Upgrader(ListenerKey));

        // Header, /noise and message 1; then message 3. The listener's answer and message 2 come in between.
        Assert.HasCount(2, _dialer.Sends);
        Assert.AreEqual(2, _dialer.Flights);
        StringAssert.StartsWith(Encoding.Latin1.GetString(_dialer.Sends[0]), Header + "\x07/noise\n\0\x20", StringComparison.Ordinal);
        Assert.AreEqual(Header + "\x07/noise\n", Encoding.Latin1.GetString(_listener.Sends[0]));
        Assert.AreEqual(1, _listener.Flights);
    }

    [TestMethod]
    public async Task Several_security_protocols_cost_one_round_trip()
    {
        await UpgradeAsync(Upgrader(DialerKey, ["/noise", "/other"]), Upgrader(ListenerKey));
        Assert.AreEqual(Header + "\x07/noise\n", Encoding.Latin1.GetString(_dialer.Sends[0]));
        Assert.AreEqual(3, _dialer.Flights);
    }

    [TestMethod]
    public async Task The_second_security_protocol_is_found()
    {
        var (near, _) = await UpgradeAsync(Upgrader(DialerKey, ["/other", "/noise"]), Upgrader(ListenerKey));
        Assert.AreEqual(ListenerKey.PeerId, near.Description.RemotePeer);
        Assert.AreEqual(4, _dialer.Flights);
    }

    [TestMethod]
    public async Task The_first_of_several_is_proposed_lazily_on_request()
    {
        var options = new UpgradeOptions { ProposeFirstSecurityLazily = true };
        await UpgradeAsync(Upgrader(DialerKey, ["/noise", "/other"], options), Upgrader(ListenerKey));
        Assert.AreEqual(2, _dialer.Flights);
    }

    [TestMethod]
    [DataRow(true, 2)]
    [DataRow(false, 3)]
    public async Task A_muxer_that_the_handshake_did_not_settle_is_negotiated(bool lazily, int flights)
    {
        var options = new UpgradeOptions { StartMuxerLazily = lazily };
        var (near, far) = await UpgradeAsync(Upgrader(DialerKey, options: options, offersMuxers: false), Upgrader(ListenerKey, offersMuxers: false));
        await ExchangeAsync((TestMuxed)near, (TestMuxed)far);
        Assert.AreEqual(flights, _dialer.Flights);
    }

    [TestMethod]
    public async Task Without_a_common_security_protocol_the_dialer_hears_na_and_both_end()
    {
        var near = DialAsync(Upgrader(DialerKey, ["/nope"]));
        var far = ListenAsync(Upgrader(ListenerKey));
        Assert.AreEqual(NegotiationFailure.Unsupported, (await Assert.ThrowsExactlyAsync<NegotiationException>(() => near)).Reason);
        await Assert.ThrowsAsync<PeerNetException>(() => far);
        Assert.AreEqual(Header + "\x03na\n", Encoding.Latin1.GetString([.. _listener.Sends.SelectMany(send => send)]));
        Assert.IsTrue(_dialerScope.IsDisposed);
        Assert.IsTrue(_listenerScope.IsDisposed);
    }

    [TestMethod]
    public async Task Without_a_common_muxer_both_end()
    {
        var options = new UpgradeOptions { StartMuxerLazily = false };
        var near = DialAsync(Upgrader(DialerKey, options: options, muxer: "/mux/a"));
        var far = ListenAsync(Upgrader(ListenerKey, muxer: "/mux/b"));
        Assert.AreEqual(NegotiationFailure.Unsupported, (await Assert.ThrowsExactlyAsync<NegotiationException>(() => near)).Reason);
        await Assert.ThrowsAsync<PeerNetException>(() => far);
        Assert.IsTrue(_listenerScope.IsDisposed);
    }

    [TestMethod]
    public async Task A_muxer_refused_after_a_lazy_start_ends_the_connection()
    {
        var near = DialAsync(Upgrader(DialerKey, muxer: "/mux/a", offersMuxers: false));
        var far = ListenAsync(Upgrader(ListenerKey, muxer: "/mux/b"));
        var connection = (TestMuxed)await near;
        var error = await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await connection.Secure.ReceiveAsync(TestContext.CancellationToken));
        Assert.AreEqual(ConnectionCloseReason.ProtocolViolation, error.Reason);
        await Assert.ThrowsAsync<PeerNetException>(() => far);
    }

    [TestMethod]
    public async Task Another_peer_than_the_expected_one_is_refused()
    {
        var near = DialAsync(Upgrader(DialerKey), expected: PrivateKey.FromEd25519Seed(new byte[32]).PeerId);
        var far = ListenAsync(Upgrader(ListenerKey));
        Assert.AreEqual(HandshakeFailure.UnexpectedPeer, (await Assert.ThrowsExactlyAsync<HandshakeException>(() => near)).Reason);
        await Assert.ThrowsAsync<PeerNetException>(() => far);
        Assert.IsTrue(_dialerScope.IsDisposed);
        Assert.IsNull(_dialerScope.Peer);
    }

    [TestMethod]
    public async Task A_node_does_not_connect_to_itself()
    {
        var near = DialAsync(Upgrader(ListenerKey));
        var far = ListenAsync(Upgrader(ListenerKey));
        Assert.AreEqual(HandshakeFailure.UnexpectedPeer, (await Assert.ThrowsExactlyAsync<HandshakeException>(() => near)).Reason);
        await Assert.ThrowsAsync<PeerNetException>(() => far);
    }

    [TestMethod]
    public async Task A_peer_over_its_limit_is_refused()
    {
        var near = DialAsync(Upgrader(DialerKey));
        var scope = new TestScope { RefusesPeer = true };
        var far = ListenAsync(Upgrader(ListenerKey), scope);
        await Assert.ThrowsExactlyAsync<ResourceLimitException>(() => far);
        Assert.IsTrue(scope.IsDisposed);
        (await near).Abort();
    }

    [TestMethod]
    public async Task A_silent_dialer_hears_the_header_and_is_dropped_at_the_deadline()
    {
        var far = ListenAsync(Upgrader(ListenerKey));
        Assert.HasCount(0, _listener.Sends);
        _time.Advance(UpgradeOptions.DefaultGreetingDelay);
        var header = new byte[100];
        Assert.AreEqual(20, await _dialer.ReceiveAsync(header, TestContext.CancellationToken));
        Assert.AreEqual(Header, Encoding.Latin1.GetString(header, 0, 20));
        _time.Advance(UpgradeOptions.DefaultInboundTimeout);
        Assert.AreEqual(NegotiationFailure.TimedOut, (await Assert.ThrowsExactlyAsync<NegotiationException>(() => far)).Reason);
        Assert.IsTrue(_listenerScope.IsDisposed);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await _listener.SendAsync(new byte[1], TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task A_silent_listener_is_dropped_at_the_deadline()
    {
        var near = DialAsync(Upgrader(DialerKey));
        _time.Advance(UpgradeOptions.DefaultOutboundTimeout);
        Assert.AreEqual(NegotiationFailure.TimedOut, (await Assert.ThrowsExactlyAsync<NegotiationException>(() => near)).Reason);
    }

    [TestMethod]
    public async Task A_cancelled_upgrade_is_cancelled_and_not_timed_out()
    {
        using var cancelled = new CancellationTokenSource();
        var near = Upgrader(DialerKey).UpgradeAsync(_dialer, Context(Direction.Outbound, _dialerScope), cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => near);
        Assert.IsTrue(_dialerScope.IsDisposed);
    }

    [TestMethod]
    public async Task The_dialer_may_play_the_responder_when_a_hole_punch_says_so()
    {
        var near = Upgrader(DialerKey).UpgradeAsync(_dialer, Context(Direction.Outbound, _dialerScope) with { IsInitiator = false }, TestContext.CancellationToken).AsTask();
        var far = Upgrader(ListenerKey).UpgradeAsync(_listener, Context(Direction.Inbound, _listenerScope) with { IsInitiator = true }, TestContext.CancellationToken).AsTask();
        Assert.IsFalse(((TestMuxed)await near).Context.IsInitiator);
        Assert.AreEqual(Direction.Inbound, (await far).Description.Direction);
    }

    private static UpgradeContext Context(Direction direction, IConnectionScope scope, PeerId? expected = null) => new()
    {
        Transport = "memory",
        Direction = direction,
        IsInitiator = direction == Direction.Outbound,
        ExpectedPeer = expected,
        Scope = scope,
    };

    private ConnectionUpgrader Upgrader(
        PrivateKey key, string[]? securities = null, UpgradeOptions? options = null, bool offersMuxers = true, string muxer = "/test-muxer/1.0.0")
        => new(
            key.PeerId,
            [.. (securities ?? ["/noise"]).Select(id => new RenamedSecurity(new NoiseProtocol(key), id, offersMuxers))],
            [new TestMuxer(muxer)],
            options: options,
            time: _time);

    private Task<MuxedConnection> DialAsync(ConnectionUpgrader upgrader, PeerId? expected = null)
        => upgrader.UpgradeAsync(_dialer, Context(Direction.Outbound, _dialerScope, expected), TestContext.CancellationToken).AsTask();

    private Task<MuxedConnection> ListenAsync(ConnectionUpgrader upgrader, IConnectionScope? scope = null)
        => upgrader.UpgradeAsync(_listener, Context(Direction.Inbound, scope ?? _listenerScope), TestContext.CancellationToken).AsTask();

    private async Task<(MuxedConnection Near, MuxedConnection Far)> UpgradeAsync(ConnectionUpgrader dialer, ConnectionUpgrader listener)
    {
        var (near, far) = (DialAsync(dialer), ListenAsync(listener));
        return (await near, await far);
    }

    private async Task ExchangeAsync(TestMuxed near, TestMuxed far)
    {
        foreach (var (from, to) in new[] { (near.Secure, far.Secure), (far.Secure, near.Secure) })
        {
            var frame = new byte[from.FramePrefixBytes + 5 + from.FrameSuffixBytes];
            Encoding.UTF8.GetBytes("hello", frame.AsSpan(from.FramePrefixBytes));
            await from.SendAsync(frame.AsMemory(0, from.Seal(frame, 5)), TestContext.CancellationToken);
            var slice = await to.ReceiveAsync(TestContext.CancellationToken);
            Assert.AreEqual("hello", Encoding.UTF8.GetString(slice.Span));
            slice.Release();
        }
    }
}
