using System.Buffers.Binary;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// Follows the frames that a client sends and notices one that is not masked, which RFC 6455, section 5.1, obliges a server to refuse (the
/// framework's WebSocket takes it). It reads headers and skips bodies:
/// <code>
/// fin,opcode(1) ‖ mask bit, length(1) ‖ longer length(0, 2 or 8) ‖ mask(4) ‖ body
/// </code>
/// </summary>
internal struct MaskGuard
{
    private const int MaskBytes = 4;
    private const byte MaskBit = 0x80;
    private const byte TwoByteLength = 126;
    private const byte EightByteLength = 127;

    private readonly byte[] _header = new byte[2 + sizeof(ulong)];
    private int _headerBytes;
    private ulong _skip;

    public MaskGuard()
    {
    }

    /// <summary>Takes the next bytes; false when a frame in them is not masked. What else is wrong with a frame, the WebSocket finds.</summary>
    public bool Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, (ulong)bytes.Length);
                bytes = bytes[skipped..];
                _skip -= (ulong)skipped;
                continue;
            }

            _header[_headerBytes++] = bytes[0];
            bytes = bytes[1..];
            if (_headerBytes == 2 && (_header[1] & MaskBit) == 0)
                return false;
            if (_headerBytes >= 2 && _headerBytes == HeaderLength())
                EndHeader();
        }

        return true;
    }

    private readonly int HeaderLength() => (_header[1] & ~MaskBit) switch
    {
        TwoByteLength => 2 + sizeof(ushort),
        EightByteLength => 2 + sizeof(ulong),
        _ => 2,
    };

    private void EndHeader()
    {
        var body = _headerBytes switch
        {
            2 => (ulong)(_header[1] & ~MaskBit),
            4 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
            _ => BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(2)) & long.MaxValue,
        };
        _skip = body + MaskBytes;
        _headerBytes = 0;
    }
}
