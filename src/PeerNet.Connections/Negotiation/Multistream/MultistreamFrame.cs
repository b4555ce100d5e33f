using System.Buffers;
using System.Text;
using PeerNet.Core;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>
/// Writes and reads the one kind of frame there is:
/// <code>
/// uvarint length ‖ text ‖ 0x0a      (length counts the newline)
/// </code>
/// </summary>
internal static class MultistreamFrame
{
    /// <summary>Bytes that a name takes as a frame.</summary>
    /// <exception cref="ArgumentException">The name is empty, too long, or holds a newline.</exception>
    public static int Length(ProtocolId protocol)
    {
        var body = Encoding.UTF8.GetByteCount(protocol.ToString()) + 1;
        if (body is 1 or > MultistreamProtocol.MaxBodyBytes || protocol.Value.Contains('\n', StringComparison.Ordinal))
            throw new ArgumentException($"\"{protocol}\" cannot be the name of a protocol.", nameof(protocol));
        return Varint.Length((ulong)body) + body;
    }

    /// <summary>Writes a name as a frame and returns its length.</summary>
    public static int Encode(Span<byte> destination, ProtocolId protocol)
    {
        var text = Encoding.UTF8.GetByteCount(protocol.ToString());
        var at = Varint.Write(destination, (ulong)text + 1);
        at += Encoding.UTF8.GetBytes(protocol.Value, destination[at..]);
        destination[at++] = (byte)'\n';
        return at;
    }

    /// <summary>Reads one frame from the front of <paramref name="source"/>.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="text">The text without its newline, a part of <paramref name="source"/>.</param>
    /// <param name="consumed">Bytes of the frame, 0 unless the result is <see cref="OperationStatus.Done"/>.</param>
    /// <param name="fault">Why the data is invalid.</param>
    public static OperationStatus TryDecode(ReadOnlySpan<byte> source, out ReadOnlySpan<byte> text, out int consumed, out string? fault)
    {
        text = default;
        consumed = 0;
        fault = null;
        var status = Varint.TryRead(source, out var length, out var prefix);
        if (status == OperationStatus.NeedMoreData && source.Length < 2)
            return status;
        if (status != OperationStatus.Done)
            fault = "a frame's length is no varint of at most two bytes";
        else if (length == 0)
            fault = "a frame is empty";
        else if (length > MultistreamProtocol.MaxBodyBytes)
            fault = $"a frame of {length} bytes is longer than {MultistreamProtocol.MaxBodyBytes}";
        if (fault is not null)
            return OperationStatus.InvalidData;

        var body = (int)length;
        if (source.Length - prefix < body)
            return OperationStatus.NeedMoreData;
        if (source[prefix + body - 1] != (byte)'\n')
        {
            fault = "a frame does not end with a newline";
            return OperationStatus.InvalidData;
        }

        text = source.Slice(prefix, body - 1);
        consumed = prefix + body;
        return OperationStatus.Done;
    }
}
