using System.Buffers.Binary;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>What a frame is.</summary>
internal enum YamuxFrameType : byte
{
    /// <summary>A body of Length bytes follows.</summary>
    Data = 0,

    /// <summary>Length bytes of credit; with RST the reason, as go-libp2p sends it.</summary>
    WindowUpdate = 1,

    /// <summary>Length is an opaque value to be echoed.</summary>
    Ping = 2,

    /// <summary>Length is a code.</summary>
    GoAway = 3,
}

/// <summary>What a frame does to its stream besides. They combine.</summary>
[Flags]
internal enum YamuxFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Opens a stream, or asks for a pong.</summary>
    Syn = 1,

    /// <summary>Acknowledges a stream, or answers a ping.</summary>
    Ack = 2,

    /// <summary>Ends the sender's direction.</summary>
    Fin = 4,

    /// <summary>Ends the stream at once.</summary>
    Rst = 8,
}

/// <summary>
/// A frame's header, big endian:
/// <code>
/// 0         1      2       4            8          12
/// | Version | Type | Flags | Stream ID  | Length   |
/// </code>
/// </summary>
internal readonly record struct YamuxHeader(YamuxFrameType Type, YamuxFlags Flags, uint StreamId, uint Length)
{
    /// <summary>Writes the 12 bytes.</summary>
    public void Encode(Span<byte> destination)
    {
        destination[0] = YamuxProtocol.Version;
        destination[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Length);
    }

    /// <summary>Reads 12 bytes; false for another version or an unknown type. Unknown flags are kept and mean nothing, as in go-yamux.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, out YamuxHeader header)
    {
        header = new YamuxHeader(
            (YamuxFrameType)source[1],
            (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]));
        return source[0] == YamuxProtocol.Version && header.Type <= YamuxFrameType.GoAway;
    }

    /// <summary>Whether a flag is set.</summary>
    public bool Has(YamuxFlags flag) => (Flags & flag) != 0;
}
