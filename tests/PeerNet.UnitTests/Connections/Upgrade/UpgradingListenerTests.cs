using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Transports.Memory;
using PeerNet.Connections.Upgrade;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.UnitTests.Connections.Doubles;

namespace PeerNet.UnitTests.Connections.Upgrade;

[TestClass]
public sealed class UpgradingListenerTests
{
    private static readonly PrivateKey DialerKey = PrivateKey.FromEd25519Seed(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly PrivateKey ListenerKey = PrivateKey.FromEd25519Seed(Enumerable.Repeat((byte)2, 32).ToArray());

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryNetwork _network = new();
    private readonly Admission _admission = new();

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task Silent_dialers_hold_nobody_up()
    {
        await using var listener = await Transport(ListenerKey).ListenAsync(Multiaddress.Parse("/memory/7"), _admission, Token);
        for (var i = 0; i < 50; i++)
            await new MemoryTransport(_network).DialAsync(listener.Address, false, Token);
        var dial = Transport(DialerKey).DialAsync(listener.Address, Dial(), Token).AsTask();
        var inbound = await listener.AcceptAsync(Token);
        Assert.AreEqual(DialerKey.PeerId, inbound!.Description.RemotePeer);
        Assert.AreEqual(ListenerKey.PeerId, (await dial).Description.RemotePeer);

        // At the deadline they are gone, each with its scope.
        for (var i = 0; i < 50; i++)
        {
            Exception? failure;
            while (!_admission.Failures.TryRead(out failure))
            {
                // Their upgrades begin on other threads: a deadline that is not yet set is met by a later advance.
                _time.Advance(UpgradeOptions.DefaultInboundTimeout);
                await Task.Yield();
            }

            Assert.AreEqual(NegotiationFailure.TimedOut, ((NegotiationException)failure).Reason);
        }

        Assert.AreEqual(50, _admission.Scopes.Count(scope => scope.IsDisposed));
    }

    [TestMethod]
    public async Task At_the_limit_the_oldest_stalled_one_gives_way()
    {
        var transport = Transport(ListenerKey, new UpgradeOptions { MaxPendingInbound = 4 });
        await using var listener = await transport.ListenAsync(Multiaddress.Parse("/memory/7"), _admission, Token);
        for (var i = 0; i < 6; i++)
            await new MemoryTransport(_network).DialAsync(listener.Address, false, Token);
        for (var i = 0; i < 2; i++)
            Assert.AreEqual("upgrades.pending", ((ResourceLimitException)await _admission.Failures.ReadAsync(Token)).Refusal.Limit);
        var dial = Transport(DialerKey).DialAsync(listener.Address, Dial(), Token).AsTask();
        Assert.IsNotNull(await listener.AcceptAsync(Token));
        await dial;
        Assert.IsLessThanOrEqualTo(4, transport.PendingInbound);
    }

    [TestMethod]
    public async Task Who_is_not_admitted_is_closed_unread()
    {
        _admission.Refuses = true;
        await using var listener = await Transport(ListenerKey).ListenAsync(Multiaddress.Parse("/memory/7"), _admission, Token);
        var raw = await new MemoryTransport(_network).DialAsync(listener.Address, false, Token);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await raw.ReceiveAsync(new byte[1], Token));
    }

    [TestMethod]
    public async Task Accepting_goes_on_after_the_system_ran_out_of_descriptors()
    {
        var raw = new FailingListener(5);
        var listener = new UpgradingListener(raw, "test", Upgrader(ListenerKey), new PendingUpgrades(4), _admission);
        for (var i = 0; i < 5; i++)
        {
            await raw.Failed.ReadAsync(Token);
            while (raw.Waiting == 0)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }
        }

        Assert.IsNull(await listener.AcceptAsync(Token));
        await listener.DisposeAsync();
    }

    [TestMethod]
    public async Task Closing_ends_the_wait_for_connections_and_the_stalled_ones()
    {
        var listener = await Transport(ListenerKey).ListenAsync(Multiaddress.Parse("/memory/7"), _admission, Token);
        var stalled = await new MemoryTransport(_network).DialAsync(listener.Address, false, Token);
        var accept = listener.AcceptAsync(Token).AsTask();
        while (_admission.Scopes.IsEmpty)
            await Task.Yield();
        await listener.DisposeAsync();
        await listener.DisposeAsync();
        Assert.IsNull(await accept);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await stalled.ReceiveAsync(new byte[1], Token));
        await Assert.ThrowsExactlyAsync<SocketException>(async () => await new MemoryTransport(_network).DialAsync(listener.Address, false, Token));
    }

    [TestMethod]
    public async Task A_failed_dial_disposes_its_scope()
    {
        var dial = Dial();
        await Assert.ThrowsExactlyAsync<SocketException>(async () => await Transport(DialerKey).DialAsync(Multiaddress.Parse("/memory/404"), dial, Token));
        Assert.IsTrue(((TestScope)dial.Scope).IsDisposed);
    }

    private static TransportDial Dial() => new() { ExpectedPeer = ListenerKey.PeerId, Scope = new TestScope() };

    private ConnectionUpgrader Upgrader(PrivateKey key, UpgradeOptions? options = null)
        => new(key.PeerId, [new NoiseProtocol(key)], [new TestMuxer()], options: options, time: _time);

    private UpgradingTransport Transport(PrivateKey key, UpgradeOptions? options = null) => new(new MemoryTransport(_network), Upgrader(key, options));

    private sealed class Admission : IInboundAdmission
    {
        private readonly Channel<Exception> _failures = Channel.CreateBounded<Exception>(1000);

        public bool Refuses { get; set; }

        public System.Collections.Concurrent.ConcurrentBag<TestScope> Scopes { get; } = [];

        public ChannelReader<Exception> Failures => _failures.Reader;

        public IConnectionScope? Admit(Multiaddress local, Multiaddress remote)
        {
            if (Refuses)
                return null;
            var scope = new TestScope();
            Scopes.Add(scope);
            return scope;
        }

        public void UpgradeFailed(Multiaddress local, Multiaddress remote, Exception error) => _failures.Writer.TryWrite(error);
    }

    /// <summary>Fails a number of times, then is closed.</summary>
    private sealed class FailingListener(int failures) : IRawListener
    {
        private readonly Channel<int> _failed = Channel.CreateBounded<int>(100);
        private int _left = failures;
        private int _waiting;

        public ChannelReader<int> Failed => _failed.Reader;

        /// <summary>Failures announced and not yet looked at, or the end.</summary>
        public int Waiting => _failed.Reader.Count + Volatile.Read(ref _waiting);

        public Multiaddress Address { get; } = Multiaddress.Parse("/memory/1");

        public ValueTask<IRawInbound?> AcceptAsync(CancellationToken token = default)
        {
            if (_left-- > 0)
            {
                _failed.Writer.TryWrite(_left);
                throw new SocketException((int)SocketError.TooManyOpenSockets);
            }

            Volatile.Write(ref _waiting, 1);
            return new ValueTask<IRawInbound?>((IRawInbound?)null);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
