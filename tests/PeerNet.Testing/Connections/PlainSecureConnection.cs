using System.Buffers.Binary;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Identity;

namespace PeerNet.Testing.Connections;

/// <summary>How a <see cref="PlainSecureConnection"/> frames: sizes that differ from every real protocol show who relies on one.</summary>
/// <param name="PrefixBytes">Bytes in front of the plaintext, at least 4.</param>
/// <param name="SuffixBytes">Bytes behind it.</param>
/// <param name="MaxPlaintext">The most plaintext in a frame.</param>
public readonly record struct PlainFraming(int PrefixBytes = 4, int SuffixBytes = 16, int MaxPlaintext = 65519)
{
    /// <summary>Sizes close to Noise's.</summary>
    public static PlainFraming Default => new(4, 16, 65519);
}

/// <summary>
/// A secure connection without any security, for tests of what lies above: its frames carry their length and a pattern in prefix and
/// suffix that the receiver checks, and nothing is ciphered.
/// </summary>
public sealed class PlainSecureConnection(RawConnection raw, PublicKey remoteKey, PlainFraming framing) : SecureConnection
{
    private const byte PrefixFill = 0xA5;
    private const byte SuffixFill = 0x5A;

    private BufferBlock? _block;
    private int _start;
    private int _end;

    /// <inheritdoc />
    public override RawConnection Raw => raw;

    /// <inheritdoc />
    public override ProtocolId Security => "/test/plain";

    /// <inheritdoc />
    public override PublicKey RemoteKey => remoteKey;

    /// <inheritdoc />
    public override ProtocolId? EarlyMuxer => null;

    /// <inheritdoc />
    public override int FramePrefixBytes => framing.PrefixBytes;

    /// <inheritdoc />
    public override int FrameSuffixBytes => framing.SuffixBytes;

    /// <inheritdoc />
    public override int MaxFramePlaintext => framing.MaxPlaintext;

    /// <inheritdoc />
    public override int Seal(Span<byte> frame, int plaintextBytes)
    {
        if (plaintextBytes is 0 || plaintextBytes > framing.MaxPlaintext)
            throw new InvalidOperationException($"A frame of {plaintextBytes} bytes was sealed.");
        if (frame.Length != framing.PrefixBytes + plaintextBytes + framing.SuffixBytes)
            throw new InvalidOperationException("A frame was sealed in a place of another size.");
        BinaryPrimitives.WriteInt32BigEndian(frame, plaintextBytes);
        frame[4..framing.PrefixBytes].Fill(PrefixFill);
        frame[(framing.PrefixBytes + plaintextBytes)..].Fill(SuffixFill);
        return frame.Length;
    }

    /// <inheritdoc />
    public override ValueTask SendAsync(ReadOnlyMemory<byte> sealedFrames, CancellationToken token = default) => raw.SendAsync(sealedFrames, token);

    /// <inheritdoc />
    public override async ValueTask<BufferSlice> ReceiveAsync(CancellationToken token = default)
    {
        BufferSlice slice;
        while (!TryTakeFrame(out slice))
        {
            if (_block is null)
                await raw.ReceiveAsync(Memory<byte>.Empty, token).ConfigureAwait(false);
            MakeRoom();
            var count = await raw.ReceiveAsync(_block!.Array.AsMemory(_end), token).ConfigureAwait(false);
            if (count == 0)
            {
                if (_end > _start)
                    throw new ConnectionClosedException(ConnectionCloseReason.TransportFailure, "The connection ended inside a frame.");
                DropBlock();
                return default;
            }

            _end += count;
        }

        return slice;
    }

    /// <inheritdoc />
    public override ValueTask ShutdownAsync(CancellationToken token = default) => raw.ShutdownAsync(token);

    /// <inheritdoc />
    public override void Abort() => raw.Abort();

    private bool TryTakeFrame(out BufferSlice slice)
    {
        slice = default;
        if (_block is null || _end - _start < framing.PrefixBytes)
            return false;
        var bytes = _block.Array.AsSpan(_start, _end - _start);
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        var total = framing.PrefixBytes + length + framing.SuffixBytes;
        if (bytes.Length < total)
            return false;
        if (bytes[4..framing.PrefixBytes].ContainsAnyExcept(PrefixFill) || bytes[(total - framing.SuffixBytes)..total].ContainsAnyExcept(SuffixFill))
            throw new ConnectionClosedException(ConnectionCloseReason.ProtocolViolation, "A frame does not verify.");
        _block.Retain();
        slice = _block.Slice(_start + framing.PrefixBytes, length);
        _start += total;
        if (_start == _end)
            DropBlock();
        return true;
    }

    private void MakeRoom()
    {
        if (_block is not null && _end < _block.Capacity)
            return;
        var next = BufferPool.Shared.RentLarge();
        var kept = _end - _start;
        if (_block is not null)
            _block.Array.AsSpan(_start, kept).CopyTo(next.Array);
        DropBlock();
        _block = next;
        _end = kept;
    }

    private void DropBlock()
    {
        _block?.Release();
        _block = null;
        _start = _end = 0;
    }
}

/// <summary>Two ends of a connection in memory, ready for a multiplexer.</summary>
public static class MemoryConnections
{
    /// <summary>The dialler's key, always the same.</summary>
    public static PrivateKey DialerKey { get; } = PrivateKey.FromEd25519Seed(new byte[32]);

    /// <summary>The listener's key, always the same.</summary>
    public static PrivateKey ListenerKey { get; } = PrivateKey.FromEd25519Seed([1, .. new byte[31]]);

    /// <summary>Two ends over one pair of pipes.</summary>
    public static (PlainSecureConnection Dialer, PlainSecureConnection Listener) CreateSecurePair(PlainFraming? framing = null, int capacity = 256 * 1024)
    {
        var (dialer, listener) = MemoryRawConnection.CreatePair(capacity);
        return (new PlainSecureConnection(dialer, ListenerKey.PublicKey, framing ?? PlainFraming.Default),
            new PlainSecureConnection(listener, DialerKey.PublicKey, framing ?? PlainFraming.Default));
    }

    /// <summary>Describes one end.</summary>
    public static ConnectionDescription Describe(SecureConnection connection, Direction direction, ProtocolId muxer) => new()
    {
        LocalAddress = connection.Raw.LocalAddress,
        RemoteAddress = connection.Raw.RemoteAddress,
        LocalPeer = (direction == Direction.Outbound ? DialerKey : ListenerKey).PeerId,
        RemoteKey = connection.RemoteKey,
        Direction = direction,
        Transport = "memory",
        Security = connection.Security,
        Muxer = muxer,
    };
}
