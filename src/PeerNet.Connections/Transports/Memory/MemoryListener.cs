using System.Threading.Channels;
using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Memory;

/// <summary>A number that connections are accepted on.</summary>
internal sealed class MemoryListener(MemoryNetwork network, ulong number, Multiaddress address) : IRawListener
{
    /// <summary>Implementation limit: connections that wait to be accepted; a dial beyond it waits, as it does at a full kernel queue.</summary>
    private const int Backlog = 128;

    private readonly Channel<MemoryConnection> _queue = Channel.CreateBounded<MemoryConnection>(Backlog);

    public ulong Number => number;

    public Multiaddress Address => address;

    public async ValueTask<bool> TryEnqueueAsync(MemoryConnection connection, CancellationToken token)
    {
        while (await _queue.Writer.WaitToWriteAsync(token).ConfigureAwait(false))
        {
            if (_queue.Writer.TryWrite(connection))
                return true;
        }

        return false;
    }

    public async ValueTask<IRawInbound?> AcceptAsync(CancellationToken token = default)
    {
        while (await _queue.Reader.WaitToReadAsync(token).ConfigureAwait(false))
        {
            if (_queue.Reader.TryRead(out var connection))
                return new Inbound(connection);
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        network.Remove(this);
        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out var connection))
            connection.Abort();
        return ValueTask.CompletedTask;
    }

    private sealed class Inbound(MemoryConnection connection) : IRawInbound
    {
        private MemoryConnection? _connection = connection;

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
}
