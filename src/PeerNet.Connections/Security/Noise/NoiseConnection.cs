using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Connections.Security.Noise;

/// <summary>
/// A connection secured by Noise. Frames are encrypted where the multiplexer laid them and decrypted where they arrived: nothing is copied
/// and nothing is allocated per frame.
/// </summary>
internal sealed class NoiseConnection : SecureConnection
{
    /// <summary>Specification: a Noise message has at most 65,535 bytes, its tag included.</summary>
    public const int MaxFrameBytes = ushort.MaxValue;

    private readonly RawConnection _raw;
    private readonly NoiseFrameReader _reader;
    private readonly NoiseCipher _sending;
    private readonly NoiseCipher _receiving;
    private ConnectionClosedException? _failure;
    private bool _ended;
    private ReceiveGate _gate;

    /// <summary>Takes over a raw connection whose handshake is done.</summary>
    public NoiseConnection(RawConnection raw, NoiseFrameReader reader, NoiseCipher sending, NoiseCipher receiving, PublicKey remoteKey, ProtocolId? earlyMuxer)
    {
        _raw = raw;
        _reader = reader;
        _sending = sending;
        _receiving = receiving;
        RemoteKey = remoteKey;
        EarlyMuxer = earlyMuxer;
    }

    /// <inheritdoc />
    public override RawConnection Raw => _raw;

    /// <inheritdoc />
    public override ProtocolId Security => NoiseProtocol.ProtocolId;

    /// <inheritdoc />
    public override PublicKey RemoteKey { get; }

    /// <inheritdoc />
    public override ProtocolId? EarlyMuxer { get; }

    /// <inheritdoc />
    public override int FramePrefixBytes => NoiseFrameReader.LengthBytes;

    /// <inheritdoc />
    public override int FrameSuffixBytes => NoiseCipher.TagBytes;

    /// <inheritdoc />
    public override int MaxFramePlaintext => MaxFrameBytes - NoiseCipher.TagBytes;

    /// <summary>Frames sealed so far. Together with <see cref="Sends"/> it tells how well the layer above batches.</summary>
    public long FramesSealed => (long)_sending.Count;

    /// <summary>Frames opened so far.</summary>
    public long FramesOpened => (long)_receiving.Count;

    /// <summary>Sends so far.</summary>
    public long Sends { get; private set; }

    /// <summary>Receives so far that brought bytes, the handshake's included.</summary>
    public long Receives => _reader.Receives;

    /// <summary>Bytes handed to the raw connection so far, without the handshake's.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes received from the raw connection so far, the handshake's included.</summary>
    public long BytesReceived => _reader.BytesReceived;

    /// <inheritdoc />
    public override int Seal(Span<byte> frame, int plaintextBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)plaintextBytes, (uint)MaxFramePlaintext);
        if (_sending.IsExhausted)
            throw Fail(new ConnectionClosedException(ConnectionCloseReason.Local, "The connection has sent as many frames as its key allows."));
        var body = frame.Slice(NoiseFrameReader.LengthBytes, plaintextBytes + NoiseCipher.TagBytes);
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)body.Length);
        try
        {
            _sending.Seal(body[..plaintextBytes], body[plaintextBytes..]);
        }
        catch (ObjectDisposedException e)
        {
            throw ClosedHere(e);
        }

        return NoiseFrameReader.LengthBytes + body.Length;
    }

    /// <inheritdoc />
    public override ValueTask SendAsync(ReadOnlyMemory<byte> sealedFrames, CancellationToken token = default)
    {
        Sends++;
        BytesSent += sealedFrames.Length;
        return _raw.SendAsync(sealedFrames, token);
    }

    /// <inheritdoc />
    public override ValueTask<BufferSlice> ReceiveAsync(CancellationToken token = default)
    {
        if (!_gate.TryEnter())
            return ValueTask.FromException<BufferSlice>(ClosedHere(null));
        try
        {
            if (TryOpenNext(out var plaintext))
            {
                ExitReceive();
                return new ValueTask<BufferSlice>(plaintext);
            }
        }
        catch (ConnectionClosedException e)
        {
            ExitReceive();
            return ValueTask.FromException<BufferSlice>(e);
        }

        return FillAndOpenAsync(token);
    }

    /// <inheritdoc />
    public override ValueTask ShutdownAsync(CancellationToken token = default) => _raw.ShutdownAsync(token);

    /// <inheritdoc />
    public override void Abort() => _raw.Abort();

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        if (_gate.CloseMustDispose())
            DisposeReceiver();
        _sending.Dispose();
        await _raw.DisposeAsync().ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BufferSlice> FillAndOpenAsync(CancellationToken token)
    {
        try
        {
            while (await _reader.FillAsync(token).ConfigureAwait(false))
            {
                if (TryOpenNext(out var plaintext))
                    return plaintext;
            }

            if (_reader.BufferedBytes > 0)
                throw Fail(new ConnectionClosedException(ConnectionCloseReason.TransportFailure, "The connection ended inside a Noise frame."));
            _ended = true;
            return default;
        }
        finally
        {
            ExitReceive();
        }
    }

    /// <summary>Opens frames that have arrived until one brings plaintext. False when more must be received first.</summary>
    private bool TryOpenNext(out BufferSlice plaintext)
    {
        plaintext = default;
        if (_failure is not null)
            throw _failure;
        if (_ended)
            return true;
        while (_reader.TryTake(out var frame))
        {
            if (frame.Length < NoiseCipher.TagBytes)
            {
                frame.Release();
                throw Violation($"A Noise frame of {frame.Length} bytes has no room for its tag.");
            }

            var length = frame.Length - NoiseCipher.TagBytes;
            var bytes = frame.Span;
            if (!_receiving.TryOpen(bytes[..length], bytes[length..]))
            {
                frame.Release();
                throw Violation("A Noise frame does not verify.");
            }

            if (length == 0)
            {
                // An empty frame is legal and says nothing.
                frame.Release();
                continue;
            }

            plaintext = frame.Truncate(length);
            return true;
        }

        return false;
    }

    private void ExitReceive()
    {
        if (_gate.ExitMustDispose())
            DisposeReceiver();
    }

    private void DisposeReceiver()
    {
        _reader.Dispose();
        _receiving.Dispose();
    }

    private ConnectionClosedException Fail(ConnectionClosedException failure)
    {
        _failure ??= failure;
        _raw.Abort();
        return _failure;
    }

    private ConnectionClosedException Violation(string message) => Fail(new ConnectionClosedException(ConnectionCloseReason.ProtocolViolation, message));

    private static ConnectionClosedException ClosedHere(Exception? inner)
        => new(ConnectionCloseReason.Local, "The connection was closed by this node.", inner: inner);
}
