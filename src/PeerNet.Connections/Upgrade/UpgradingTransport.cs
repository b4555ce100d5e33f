using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Upgrade;

/// <summary>A raw transport with the upgrade ladder on top. It owns the raw transport.</summary>
public sealed class UpgradingTransport : ITransport
{
    private readonly IRawTransport _raw;
    private readonly ConnectionUpgrader _upgrader;
    private readonly PendingUpgrades _pending;

    /// <summary>Puts the ladder on a raw transport.</summary>
    public UpgradingTransport(IRawTransport raw, ConnectionUpgrader upgrader)
    {
        _raw = raw;
        _upgrader = upgrader;
        _pending = new PendingUpgrades(upgrader.Options.MaxPendingInbound);
    }

    /// <inheritdoc />
    public string Name => _raw.Name;

    /// <summary>Inbound connections that are on their way up now.</summary>
    public int PendingInbound => _pending.Count;

    /// <inheritdoc />
    public bool CanDial(Multiaddress address) => _raw.CanDial(address);

    /// <inheritdoc />
    public bool CanListen(Multiaddress address) => _raw.CanListen(address);

    /// <inheritdoc />
    public async ValueTask<MuxedConnection> DialAsync(Multiaddress address, TransportDial dial, CancellationToken token = default)
    {
        RawConnection raw;
        try
        {
            raw = await _raw.DialAsync(address, dial.ReusePort, token).ConfigureAwait(false);
        }
        catch
        {
            dial.Scope.Dispose();
            throw;
        }

        return await _upgrader.UpgradeAsync(raw, new UpgradeContext
        {
            Transport = NameOf(raw.RemoteAddress, Name),
            Direction = Direction.Outbound,
            IsInitiator = dial.IsInitiator,
            ExpectedPeer = dial.ExpectedPeer,
            Scope = dial.Scope,
        }, token).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<ITransportListener> ListenAsync(Multiaddress address, IInboundAdmission admission, CancellationToken token = default)
        => new UpgradingListener(await _raw.ListenAsync(address, token).ConfigureAwait(false), Name, _upgrader, _pending, admission);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _raw.DisposeAsync();

    internal static string NameOf(Multiaddress remote, string otherwise) => remote.GetTransport() switch
    {
        MultiaddressTransport.WebSocket => "ws",
        MultiaddressTransport.SecureWebSocket => "wss",
        _ => otherwise,
    };
}
