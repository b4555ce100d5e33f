using System.Net.Sockets;
using System.Threading.Channels;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Upgrade;

/// <summary>
/// Accepts raw connections and upgrades them side by side: no peer, however slow, holds up the next. What has come up waits in a bounded
/// queue; while that is full, connections keep their place among the pending ones until their deadline.
/// </summary>
internal sealed class UpgradingListener : ITransportListener
{
    // Implementation limits.

    /// <summary>Connections that wait for <see cref="AcceptAsync"/>; the swarm takes them without delay, so that this only evens out bursts.</summary>
    private const int MaxQueued = 64;

    /// <summary>First and last pause after an accept that failed: out of descriptors, or a network that went away. It ends by itself, so we stay.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(1);

    private readonly IRawListener _raw;
    private readonly string _transport;
    private readonly ConnectionUpgrader _upgrader;
    private readonly PendingUpgrades _pending;
    private readonly IInboundAdmission _admission;
    private readonly Channel<MuxedConnection> _upgraded = Channel.CreateBounded<MuxedConnection>(MaxQueued);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _loop;
    private int _disposed;

    public UpgradingListener(IRawListener raw, string transport, ConnectionUpgrader upgrader, PendingUpgrades pending, IInboundAdmission admission)
    {
        _raw = raw;
        _transport = transport;
        _upgrader = upgrader;
        _pending = pending;
        _admission = admission;
        _loop = AcceptLoopAsync();
    }

    public Multiaddress Address => _raw.Address;

    public async ValueTask<MuxedConnection?> AcceptAsync(CancellationToken token = default)
    {
        while (await _upgraded.Reader.WaitToReadAsync(token).ConfigureAwait(false))
        {
            if (_upgraded.Reader.TryRead(out var connection))
                return connection;
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _closing.CancelAsync().ConfigureAwait(false);
        await _raw.DisposeAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _upgraded.Writer.TryComplete();
        while (_upgraded.Reader.TryRead(out var connection))
            connection.Abort(ErrorCodes.ConnectionShutdown);
        _closing.Dispose();
    }

    private async Task AcceptLoopAsync()
    {
        var pause = FirstPause;
        var token = _closing.Token;
        while (!token.IsCancellationRequested)
        {
            try
            {
                if (await _raw.AcceptAsync(token).ConfigureAwait(false) is not { } inbound)
                    break;
                pause = FirstPause;
                await AdmitAsync(inbound).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                await Task.Delay(pause, _upgrader.Time, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LastPause ? pause * 2 : LastPause;
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        _upgraded.Writer.TryComplete();
    }

    private async ValueTask AdmitAsync(IRawInbound inbound)
    {
        if (_admission.Admit(inbound.LocalAddress, inbound.RemoteAddress) is not { } scope)
        {
            await inbound.DisposeAsync().ConfigureAwait(false);
            return;
        }

        _pending.Enter(AddressGroup.Of(inbound.RemoteAddress), out var place, out var evicted);
        evicted?.Evict();
        _ = UpgradeAsync(inbound, scope, place);
    }

    private async Task UpgradeAsync(IRawInbound inbound, IConnectionScope scope, PendingUpgrade place)
    {
        // The accept loop goes on at once: handshakes are computed elsewhere.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, place.Evicted);
            using var deadline = _upgrader.Time.CreateDeadline(_upgrader.Options.InboundTimeout, ending.Token);
            try
            {
                await UpgradeAsync(inbound, scope, deadline.Token).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                scope.Dispose();
                _admission.UpgradeFailed(inbound.LocalAddress, inbound.RemoteAddress, Explain(error, place, deadline.Token));
            }
        }
        catch (ObjectDisposedException)
        {
            // The listener was disposed before the upgrade began.
            scope.Dispose();
        }
        finally
        {
            _pending.Leave(place);
            await inbound.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask UpgradeAsync(IRawInbound inbound, IConnectionScope scope, CancellationToken token)
    {
        var raw = await inbound.OpenAsync(token).ConfigureAwait(false);
        var connection = await _upgrader.UpgradeAsync(raw, new UpgradeContext
        {
            Transport = UpgradingTransport.NameOf(raw.RemoteAddress, _transport),
            Direction = Direction.Inbound,
            IsInitiator = false,
            Scope = scope,
        }, token).ConfigureAwait(false);
        try
        {
            await _upgraded.Writer.WriteAsync(connection, token).ConfigureAwait(false);
        }
        catch
        {
            connection.Abort(ErrorCodes.ConnectionShutdown);
            throw;
        }

        // The listener may have emptied its queue for the last time just before.
        if (_closing.IsCancellationRequested && _upgraded.Reader.TryRead(out var late))
            late.Abort(ErrorCodes.ConnectionShutdown);
    }

    private Exception Explain(Exception error, PendingUpgrade place, CancellationToken deadline)
    {
        if (place.Evicted.IsCancellationRequested)
        {
            var limit = _upgrader.Options.MaxPendingInbound;
            return new ResourceLimitException(new ResourceRefusal($"transport:{_transport}", "upgrades.pending", limit, 1, limit));
        }

        return deadline.IsCancellationRequested && !_closing.IsCancellationRequested && error is OperationCanceledException
            ? new NegotiationException(NegotiationFailure.TimedOut, "The connection was not upgraded in time.", error)
            : error;
    }
}
