using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;

namespace PeerNet.Connections.Security.Noise;

/// <summary>
/// Cuts what a raw connection receives into frames: two bytes of length, big endian, and that many bytes. Serves the handshake and then
/// the transport, so that bytes which arrive behind the handshake stay where they are. One caller at a time.
/// </summary>
/// <remarks>
/// Received bytes lie in one pooled block, and frames are handed out as parts of it. An incomplete frame is completed behind itself; where
/// the block ends too early its beginning moves to a new one. With nothing buffered, no block is held: the wait is a receive of zero bytes.
/// The block's size follows the traffic. A frame that merely announces itself as long does not get a large block: only 4 KiB of it do,
/// so that a silent peer holds no more than that.
/// </remarks>
internal sealed class NoiseFrameReader(RawConnection raw, BufferPool pool)
{
    public const int LengthBytes = 2;

    // How many receives in a row must be small before small blocks are used again: an echo after bulk should not hold 132 KiB a turn.
    private const int SmallReceivesUntilSmall = 16;

    private BufferBlock? _block;
    private int _start;
    private int _end;
    private bool _useLarge;
    private int _smallReceives;

    /// <summary>Bytes received that no frame has taken yet.</summary>
    public int BufferedBytes => _end - _start;

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Receives so far that brought bytes.</summary>
    public long Receives { get; private set; }

    /// <summary>
    /// Takes the next whole frame, without its length. The reference that comes with it keeps the bytes; an empty frame has none.
    /// False when there is no whole frame yet.
    /// </summary>
    public bool TryTake(out BufferSlice frame)
    {
        frame = default;
        if (BufferedBytes < LengthBytes)
            return false;
        var length = FrameLength;
        if (BufferedBytes - LengthBytes < length)
            return false;

        var block = _block!;
        var offset = _start + LengthBytes;
        _start = offset + length;
        if (_start == _end)
        {
            // Nothing else lies in the block: the reference goes along with the frame.
            _block = null;
            _start = _end = 0;
        }
        else
        {
            block.Retain();
        }

        if (length == 0)
            block.Release();
        else
            frame = block.Slice(offset, length);
        return true;
    }

    /// <summary>The length that the next frame announces; null until it has arrived.</summary>
    public int? PeekLength() => BufferedBytes < LengthBytes ? null : FrameLength;

    /// <summary>Receives what is there, waiting for at least one byte. False at the end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FillAsync(CancellationToken token)
    {
        if (BufferedBytes == 0)
        {
            Dispose();
            await raw.ReceiveAsync(Memory<byte>.Empty, token).ConfigureAwait(false);
            _block = _useLarge ? pool.RentLarge() : pool.RentSmall();
        }
        else
        {
            MakeRoom();
        }

        var room = _block!.Array.AsMemory(_end);
        var count = await raw.ReceiveAsync(room, token).ConfigureAwait(false);
        if (count == 0)
        {
            if (BufferedBytes == 0)
                Dispose();
            return false;
        }

        _end += count;
        BytesReceived += count;
        Receives++;
        Adapt(count, room.Length);
        return true;
    }

    /// <summary>Gives the block back. Not while a fill is running.</summary>
    public void Dispose()
    {
        _block?.Release();
        _block = null;
        _start = _end = 0;
    }

    private int FrameLength => BinaryPrimitives.ReadUInt16BigEndian(_block!.Array.AsSpan(_start));

    private void MakeRoom()
    {
        var block = _block!;
        var needed = BufferedBytes < LengthBytes ? LengthBytes : LengthBytes + FrameLength;
        if (block.Capacity - _start >= needed && _end < block.Capacity)
            return;

        // A small block that does not hold the frame is filled up first, unless the frame would fit into a fresh one.
        if (block.Capacity == BufferPool.SmallBytes && needed > BufferPool.SmallBytes && _end < block.Capacity)
            return;
        var next = needed > BufferPool.SmallBytes || _useLarge ? pool.RentLarge() : pool.RentSmall();
        block.Array.AsSpan(_start, BufferedBytes).CopyTo(next.Array);
        block.Release();
        _block = next;
        _end -= _start;
        _start = 0;
    }

    private void Adapt(int received, int room)
    {
        if (received == room)
        {
            _useLarge = true;
            _smallReceives = 0;
        }
        else if (_useLarge && received <= BufferPool.SmallBytes / 2)
        {
            if (++_smallReceives >= SmallReceivesUntilSmall)
                _useLarge = false;
        }
        else
        {
            _smallReceives = 0;
        }
    }
}
