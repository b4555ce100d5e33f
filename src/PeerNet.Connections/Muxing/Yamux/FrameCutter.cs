using System.Runtime.CompilerServices;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// Cuts a stream of bytes into headers and bodies, whatever way it was cut on the way here. It keeps the beginning of a header whose rest
/// has not come, never a byte of a body.
/// </summary>
internal struct FrameCutter
{
    private PartialHeader _header;
    private int _headerCount;

    /// <summary>Bytes of the body under way that have not come.</summary>
    public uint BodyLeft { get; private set; }

    /// <summary>Whether the bytes so far end in the middle of a frame.</summary>
    public readonly bool IsInsideFrame => _headerCount > 0 || BodyLeft > 0;

    /// <summary>The header just read is one of a frame with a body.</summary>
    public void BeginBody(uint length) => BodyLeft = length;

    /// <summary>
    /// The next piece of <paramref name="bytes"/>, which is moved on: a whole header, or a part of the body. None when the bytes are used up.
    /// </summary>
    public FramePiece Next(ref ReadOnlySpan<byte> bytes, scoped Span<byte> header, out int bodyBytes)
    {
        bodyBytes = 0;
        if (bytes.IsEmpty)
            return FramePiece.None;
        if (BodyLeft > 0)
        {
            bodyBytes = (int)Math.Min(BodyLeft, (uint)bytes.Length);
            BodyLeft -= (uint)bodyBytes;
            bytes = bytes[bodyBytes..];
            return FramePiece.Body;
        }

        var count = Math.Min(YamuxProtocol.HeaderBytes - _headerCount, bytes.Length);
        bytes[..count].CopyTo(_header[_headerCount..]);
        bytes = bytes[count..];
        _headerCount += count;
        if (_headerCount < YamuxProtocol.HeaderBytes)
            return FramePiece.None;
        ((ReadOnlySpan<byte>)_header).CopyTo(header);
        _headerCount = 0;
        return FramePiece.Header;
    }

    [InlineArray(YamuxProtocol.HeaderBytes)]
    private struct PartialHeader
    {
        private byte _first;
    }
}

/// <summary>What a <see cref="FrameCutter"/> found.</summary>
internal enum FramePiece
{
    /// <summary>Nothing: the bytes are used up.</summary>
    None,

    /// <summary>A whole header.</summary>
    Header,

    /// <summary>A part of a body.</summary>
    Body,
}
