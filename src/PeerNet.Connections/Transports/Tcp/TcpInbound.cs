using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Tcp;

/// <summary>An accepted TCP connection; nothing stands between it and its bytes.</summary>
internal sealed class TcpInbound(TcpConnection connection) : IRawInbound
{
    private TcpConnection? _connection = connection;

    public Multiaddress LocalAddress { get; } = connection.LocalAddress;

    public Multiaddress RemoteAddress { get; } = connection.RemoteAddress;

    public ValueTask<RawConnection> OpenAsync(CancellationToken token = default)
    {
        var opened = Interlocked.Exchange(ref _connection, null);
        return opened is null
            ? ValueTask.FromException<RawConnection>(new InvalidOperationException("The connection was opened already."))
            : new ValueTask<RawConnection>(opened);
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _connection, null)?.Abort();
        return ValueTask.CompletedTask;
    }
}
