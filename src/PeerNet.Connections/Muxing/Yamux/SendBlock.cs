using System.Diagnostics;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// One socket send in the making: Yamux frames laid straight into frames of the secure connection, each with room left for its prefix and
/// suffix, one behind the other in one pooled block.
/// <code>
/// | prefix | header body header body … | suffix | prefix | header body … | suffix |   free   |
/// </code>
/// It starts in a small block and moves to a large one with the first bytes that do not fit, so that a chat holds little memory.
/// </summary>
internal sealed class SendBlock(SecureConnection connection, BufferPool pool)
{
    private const int SmallBytes = BufferPool.SmallBytes;
    private const int LargeBytes = BufferPool.LargeBytes;

    /// <summary>
    /// A secure frame that has this many bytes takes no further Yamux frame. Large bodies then never straddle two secure frames, and the
    /// cipher works in the processor's first cache.
    /// </summary>
    private const int TargetPlaintext = 2 * (YamuxProtocol.MaxBodyBytes + YamuxProtocol.HeaderBytes);

    /// <summary>Space that data leaves to control frames: well over a hundred of them.</summary>
    private const int ControlReserve = 2 * 1024;

    /// <summary>A body is not cut to fit into less than this; its writer waits for the next block.</summary>
    private const int WorthwhileBody = 1024;

    private readonly int _prefix = connection.FramePrefixBytes;
    private readonly int _suffix = connection.FrameSuffixBytes;
    private readonly int _maxPlaintext = connection.MaxFramePlaintext;
    private readonly int _target = Math.Min(TargetPlaintext, connection.MaxFramePlaintext);
    private BufferBlock? _block;
    private int[] _lengths = new int[4];
    private int _frames;
    private int _frameStart;

    /// <summary>Whether nothing was appended.</summary>
    public bool IsEmpty => _frames == 0;

    /// <summary>Plaintext bytes appended.</summary>
    public int PlaintextBytes { get; private set; }

    /// <summary>Whether the block carries any data frame.</summary>
    public bool HasData { get; private set; }

    /// <summary>Secure frames in the block.</summary>
    public int Frames => _frames;

    /// <summary>How much of a body of this length the block takes now: all of it, a worthwhile part of it, or 0.</summary>
    public int RoomForBody(int wanted)
    {
        var bytes = wanted + YamuxProtocol.HeaderBytes;
        var room = Room(LargeBytes - ControlReserve, StartsFrame(bytes, _target)) - YamuxProtocol.HeaderBytes;
        return room >= wanted ? wanted : room >= WorthwhileBody ? room : 0;
    }

    /// <summary>Appends one data frame; the caller has asked for room.</summary>
    public void AppendData(in YamuxHeader header, ReadOnlySpan<byte> body)
    {
        Span<byte> encoded = stackalloc byte[YamuxProtocol.HeaderBytes];
        header.Encode(encoded);
        var bytes = YamuxProtocol.HeaderBytes + body.Length;
        Reserve(bytes);
        if (StartsFrame(bytes, _target))
            StartFrame();
        Append(encoded);
        Append(body);
        HasData = true;
    }

    /// <summary>Appends due control frames, as many as fit.</summary>
    public void AppendControl(YamuxSession session, Instant now)
    {
        Span<byte> frames = stackalloc byte[16 * YamuxProtocol.HeaderBytes];
        while (true)
        {
            var room = Room(LargeBytes, StartsFrame(YamuxProtocol.HeaderBytes, _maxPlaintext));
            var written = session.TakeControlFrames(frames[..Math.Clamp(room, 0, frames.Length)], now);
            if (written == 0)
                return;
            Reserve(written);
            if (StartsFrame(YamuxProtocol.HeaderBytes, _maxPlaintext))
                StartFrame();
            Append(frames[..written]);
        }
    }

    /// <summary>Seals all frames in place; the answer is what goes to the socket.</summary>
    public ReadOnlyMemory<byte> Seal()
    {
        var bytes = _block!.Array.AsSpan();
        var from = 0;
        var to = 0;
        for (var i = 0; i < _frames; i++)
        {
            var slot = _prefix + _lengths[i] + _suffix;
            var length = connection.Seal(bytes.Slice(from, slot), _lengths[i]);
            if (to != from)
                bytes.Slice(from, length).CopyTo(bytes[to..]);
            from += slot;
            to += length;
        }

        return _block.Array.AsMemory(0, to);
    }

    /// <summary>Gives the memory back.</summary>
    public void Clear()
    {
        _block?.Release();
        _block = null;
        _frames = 0;
        _frameStart = 0;
        PlaintextBytes = 0;
        HasData = false;
    }

    /// <summary>Whether a Yamux frame of this size begins a secure frame of its own: the last one is full enough, or would not take all of it.</summary>
    private bool StartsFrame(int bytes, int target)
    {
        if (_frames == 0)
            return true;
        var length = _lengths[_frames - 1];
        return length >= target || (bytes <= _maxPlaintext && length + bytes > _maxPlaintext);
    }

    /// <summary>Plaintext that fits below the given end of the block, in the last secure frame or from the next one on.</summary>
    private int Room(int end, bool startsFrame)
    {
        var room = 0;
        var left = end - NextFrameStart;
        if (!startsFrame)
        {
            room = Math.Clamp(left, 0, _maxPlaintext - _lengths[_frames - 1]);
            left -= room;
        }

        if (left <= 0)
            return room;
        var slot = _prefix + _maxPlaintext + _suffix;
        return room + left / slot * _maxPlaintext + Math.Max(0, left % slot - _prefix - _suffix);
    }

    /// <summary>Makes sure that the block in hand can hold this much more, whatever way it is cut into frames.</summary>
    private void Reserve(int bytes)
    {
        if (_block is null)
        {
            _block = NeededBytes(bytes) <= SmallBytes ? pool.RentSmall() : pool.RentLarge();
        }
        else if (_block.Capacity == SmallBytes && NeededBytes(bytes) > SmallBytes)
        {
            var large = pool.RentLarge();
            _block.Array.AsSpan(0, NextFrameStart).CopyTo(large.Array);
            _block.Release();
            _block = large;
        }
    }

    private int NextFrameStart => _frames == 0 ? 0 : _frameStart + _prefix + _lengths[_frames - 1] + _suffix;

    /// <summary>An upper bound of the block's use after this much more plaintext.</summary>
    private int NeededBytes(int bytes) => NextFrameStart + bytes + (bytes / _maxPlaintext + 2) * (_prefix + _suffix);

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_lengths[_frames - 1] == _maxPlaintext)
                StartFrame();
            var length = _lengths[_frames - 1];
            var count = Math.Min(bytes.Length, _maxPlaintext - length);
            bytes[..count].CopyTo(_block!.Array.AsSpan(_frameStart + _prefix + length));
            _lengths[_frames - 1] = length + count;
            PlaintextBytes += count;
            bytes = bytes[count..];
        }
    }

    private void StartFrame()
    {
        _frameStart = NextFrameStart;
        if (_frames == _lengths.Length)
            Array.Resize(ref _lengths, 2 * _frames);
        _lengths[_frames++] = 0;
        Debug.Assert(_frameStart < LargeBytes, "The block was filled beyond its room.");
    }
}
