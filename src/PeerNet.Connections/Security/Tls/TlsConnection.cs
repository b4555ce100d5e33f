using System.Net.Security;
using System.Runtime.CompilerServices;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Connections.Security.Tls;

/// <summary>
/// A connection secured by TLS. The platform owns the records, so sealing leaves plaintext as it is and sending encrypts it; received
/// plaintext lies behind what came before in the same block.
/// </summary>
internal sealed class TlsConnection : SecureConnection
{
    /// <summary>Implementation limit: four full records a send; more gains nothing.</summary>
    private const int FramePlaintextBytes = 64 * 1024;

    // The most plaintext that a record holds (RFC 8446, section 5.1), and so that one read brings.
    private const int RecordPlaintextBytes = 16 * 1024;

    private readonly RawConnection _raw;
    private readonly SslStream _stream;
    private readonly BufferPool _pool;
    private readonly bool _isInitiator;
    private ReceiveGate _gate;
    private BufferBlock? _block;
    private int _used;
    private bool _useLarge;
    private bool _hasReceived;
    private bool _ended;
    private PeerNetException? _failure;

    public TlsConnection(RawConnection raw, SslStream stream, PublicKey remoteKey, ProtocolId? earlyMuxer, bool isInitiator, BufferPool pool)
    {
        _raw = raw;
        _stream = stream;
        _isInitiator = isInitiator;
        _pool = pool;
        RemoteKey = remoteKey;
        EarlyMuxer = earlyMuxer;
    }

    /// <inheritdoc />
    public override RawConnection Raw => _raw;

    /// <inheritdoc />
    public override ProtocolId Security => TlsProtocol.ProtocolId;

    /// <inheritdoc />
    public override PublicKey RemoteKey { get; }

    /// <inheritdoc />
    public override ProtocolId? EarlyMuxer { get; }

    /// <inheritdoc />
    public override int FramePrefixBytes => 0;

    /// <inheritdoc />
    public override int FrameSuffixBytes => 0;

    /// <inheritdoc />
    public override int MaxFramePlaintext => FramePlaintextBytes;

    /// <inheritdoc />
    public override int Seal(Span<byte> frame, int plaintextBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)plaintextBytes, (uint)Math.Min(MaxFramePlaintext, frame.Length));
        return plaintextBytes;
    }

    /// <inheritdoc />
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> sealedFrames, CancellationToken token = default)
    {
        try
        {
            await _stream.WriteAsync(sealedFrames, token).ConfigureAwait(false);
        }
        catch (Exception e) when (TlsErrors.AreOfStream(e))
        {
            throw TlsErrors.OfTransfer(e);
        }
    }

    /// <inheritdoc />
    public override ValueTask<BufferSlice> ReceiveAsync(CancellationToken token = default)
        => _gate.TryEnter()
            ? ReceiveInsideAsync(token)
            : ValueTask.FromException<BufferSlice>(new ConnectionClosedException(ConnectionCloseReason.Local, "The connection was closed by this node."));

    /// <inheritdoc />
    public override async ValueTask ShutdownAsync(CancellationToken token = default)
    {
        try
        {
            await _stream.ShutdownAsync().WaitAsync(token).ConfigureAwait(false);
            await _raw.ShutdownAsync(token).ConfigureAwait(false);
        }
        catch (Exception e) when (TlsErrors.AreOfStream(e))
        {
            throw TlsErrors.OfTransfer(e);
        }
    }

    /// <inheritdoc />
    public override void Abort() => _raw.Abort();

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        if (_gate.CloseMustDispose())
            ReleaseBlock();
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _raw.DisposeAsync().ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BufferSlice> ReceiveInsideAsync(CancellationToken token)
    {
        try
        {
            if (_failure is not null)
                throw _failure;
            if (_ended)
                return default;
            var ready = _stream.ReadAsync(Memory<byte>.Empty, token);
            if (!ready.IsCompleted)
                ReleaseBlock();
            await ready.ConfigureAwait(false);
            var room = TakeRoom();
            var count = await _stream.ReadAsync(room, token).ConfigureAwait(false);
            if (count > 0)
                return Take(count, room.Length);
            return End();
        }
        catch (Exception e) when (TlsErrors.AreOfStream(e))
        {
            throw Fail(e);
        }
        finally
        {
            if (_gate.ExitMustDispose())
                ReleaseBlock();
        }
    }

    private Memory<byte> TakeRoom()
    {
        if (_block is null || _block.Capacity - _used < Math.Min(RecordPlaintextBytes, _block.Capacity / 2))
        {
            ReleaseBlock();
            _block = _useLarge ? _pool.RentLarge() : _pool.RentSmall();
        }

        return _block.Array.AsMemory(_used, Math.Min(_block.Capacity - _used, FramePlaintextBytes));
    }

    private BufferSlice Take(int count, int room)
    {
        _hasReceived = true;

        // One record that fills a small block says that more is coming; large blocks take many small ones, and are left when the connection rests.
        _useLarge = count == room || (_useLarge && count > BufferPool.SmallBytes / 2);
        _block!.Retain();
        var slice = _block.Slice(_used, count);
        _used += count;
        return slice;
    }

    private BufferSlice End()
    {
        ReleaseBlock();
        if (_isInitiator && !_hasReceived)
            throw _failure = TlsErrors.OfFirstReceive(null);
        _ended = true;
        return default;
    }

    private PeerNetException Fail(Exception error)
    {
        ReleaseBlock();
        if (_failure is null)
        {
            var failure = TlsErrors.OfTransfer(error);
            _failure = _isInitiator && !_hasReceived && failure.Reason != ConnectionCloseReason.Local ? TlsErrors.OfFirstReceive(error) : failure;
            _raw.Abort();
        }

        return _failure;
    }

    private void ReleaseBlock()
    {
        _block?.Release();
        _block = null;
        _used = 0;
    }
}
