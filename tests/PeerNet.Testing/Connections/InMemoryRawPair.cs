using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Multiformats;

namespace PeerNet.Testing.Connections;

/// <summary>
/// Two raw connections joined by bounded buffers: what one sends the other receives, in pieces as small as the test wants, cut off or
/// altered where the test wants. Nothing here waits for time.
/// </summary>
public static class InMemoryRawPair
{
    /// <summary>Makes a pair. A sender waits while <paramref name="capacity"/> bytes lie unread.</summary>
    public static (InMemoryRawConnection First, InMemoryRawConnection Second) Create(int capacity = 64 * 1024)
    {
        var forth = new InMemoryByteChannel(capacity);
        var back = new InMemoryByteChannel(capacity);
        var first = Multiaddress.Parse("/memory/1");
        var second = Multiaddress.Parse("/memory/2");
        return (new InMemoryRawConnection(first, second, back, forth), new InMemoryRawConnection(second, first, forth, back));
    }
}

/// <summary>One end of an <see cref="InMemoryRawPair"/>.</summary>
public sealed class InMemoryRawConnection : RawConnection
{
    private readonly InMemoryByteChannel _incoming;
    private readonly InMemoryByteChannel _outgoing;

    internal InMemoryRawConnection(Multiaddress local, Multiaddress remote, InMemoryByteChannel incoming, InMemoryByteChannel outgoing)
    {
        LocalAddress = local;
        RemoteAddress = remote;
        _incoming = incoming;
        _outgoing = outgoing;
    }

    /// <inheritdoc />
    public override Multiaddress LocalAddress { get; }

    /// <inheritdoc />
    public override Multiaddress RemoteAddress { get; }

    /// <summary>The most that one receive brings.</summary>
    public int MaxReceiveBytes { get; set; } = int.MaxValue;

    /// <summary>After that many sent bytes the peer reads the end, whatever else is sent.</summary>
    public long SendLimit { get; set; } = long.MaxValue;

    /// <summary>Alters sent bytes; gets the position of the first of them in the whole stream.</summary>
    public Action<long, Span<byte>>? Tamper { get; set; }

    /// <summary>Bytes sent so far.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Sends so far.</summary>
    public int Sends { get; private set; }

    /// <summary>Receives now waiting, and the size of their buffer: 0 is a wait that holds no memory.</summary>
    public int? WaitingReceiveBytes { get; private set; }

    /// <summary>Whether a receive is waiting with nothing there for it.</summary>
    public bool IsStarved => WaitingReceiveBytes is not null && _incoming.IsEmpty;

    /// <summary>Whether this end was aborted.</summary>
    public bool IsAborted { get; private set; }

    /// <inheritdoc />
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        var wanted = buffer.Length > MaxReceiveBytes ? buffer[..MaxReceiveBytes] : buffer;
        WaitingReceiveBytes = buffer.Length;
        var count = await _incoming.ReadAsync(wanted, token).ConfigureAwait(false);
        WaitingReceiveBytes = null;
        BytesReceived += count;
        return count;
    }

    /// <inheritdoc />
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        var bytes = buffer.ToArray();
        Tamper?.Invoke(BytesSent, bytes);
        var passed = (int)Math.Clamp(SendLimit - BytesSent, 0, bytes.Length);
        BytesSent += bytes.Length;
        Sends++;
        await _outgoing.WriteAsync(bytes.AsMemory(0, passed), token).ConfigureAwait(false);
        if (passed < bytes.Length)
            _outgoing.End();
    }

    /// <inheritdoc />
    public override ValueTask ShutdownAsync(CancellationToken token = default)
    {
        _outgoing.End();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override void Abort()
    {
        IsAborted = true;
        _incoming.Reset(ConnectionCloseReason.Local);
        _outgoing.Reset(ConnectionCloseReason.TransportFailure);
    }
}
