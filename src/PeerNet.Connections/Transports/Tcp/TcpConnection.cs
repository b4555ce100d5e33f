using System.Net.Sockets;
using System.Runtime.CompilerServices;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Tcp;

/// <summary>
/// One TCP connection. Nothing is copied and nothing buffered here: the socket reads into and sends from the caller's memory. An empty receive
/// waits in the kernel, with no memory held.
/// </summary>
internal sealed class TcpConnection : RawConnection
{
    private readonly Socket _socket;
    private int _ended;
    private volatile bool _shutDown;

    public TcpConnection(Socket socket, Multiaddress local, Multiaddress remote)
    {
        _socket = socket;
        LocalAddress = local;
        RemoteAddress = remote;
    }

    public override Multiaddress LocalAddress { get; }

    public override Multiaddress RemoteAddress { get; }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        try
        {
            var pending = _socket.ReceiveAsync(buffer, SocketFlags.None, token);
            return pending.IsCompletedSuccessfully ? pending : ReceivedAsync(pending);
        }
        catch (ObjectDisposedException error)
        {
            return ValueTask.FromException<int>(Closed(error));
        }
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        try
        {
            var pending = _socket.SendAsync(buffer, SocketFlags.None, token);
            if (!pending.IsCompletedSuccessfully)
                return SentAsync(pending, buffer, token);
            var sent = pending.Result;
            return sent == buffer.Length ? ValueTask.CompletedTask : SentAsync(new ValueTask<int>(sent), buffer, token);
        }
        catch (ObjectDisposedException error)
        {
            return ValueTask.FromException(Closed(error));
        }
    }

    public override ValueTask ShutdownAsync(CancellationToken token = default)
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            _shutDown = true;
            return ValueTask.CompletedTask;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(Closed(error));
        }
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        try
        {
            // Without a shutdown there is nothing worth delivering: a reset tells the peer at once and leaves no TIME_WAIT that would block the
            // shared port for the next dial. After one, what is on its way is still delivered.
            if (!_shutDown)
                _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The connection has ended already; closing is all that is left to do.
        }

        _socket.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceivedAsync(ValueTask<int> pending)
    {
        try
        {
            return await pending.ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            throw Closed(error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SentAsync(ValueTask<int> pending, ReadOnlyMemory<byte> buffer, CancellationToken token)
    {
        try
        {
            for (var sent = await pending.ConfigureAwait(false); sent < buffer.Length;)
                sent += await _socket.SendAsync(buffer[sent..], SocketFlags.None, token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            throw Closed(error);
        }
    }

    private ConnectionClosedException Closed(Exception error)
        => Volatile.Read(ref _ended) != 0
            ? new ConnectionClosedException(ConnectionCloseReason.Local, "The TCP connection was ended by this node.", 0, error)
            : new ConnectionClosedException(ConnectionCloseReason.TransportFailure, $"The TCP connection failed: {error.Message}.", 0, error);
}
