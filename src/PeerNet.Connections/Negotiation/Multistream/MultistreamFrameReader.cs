using System.Buffers;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>
/// Cuts frames out of bytes that come in any pieces, and takes not one byte more than the frames: what follows belongs to the application.
/// Memory is used only while a frame is in pieces, and never more than the longest frame.
/// </summary>
internal struct MultistreamFrameReader
{
    private byte[]? _partial;
    private int _partialLength;

    /// <summary>Whether the input so far ends inside a frame.</summary>
    public readonly bool IsInsideFrame => _partialLength > 0;

    /// <summary>Reads the next frame.</summary>
    /// <param name="input">The bytes; moved behind what was taken. After <see cref="OperationStatus.NeedMoreData"/> it is empty.</param>
    /// <param name="text">The frame's text, valid until the next call.</param>
    /// <param name="fault">Why the data is invalid.</param>
    public OperationStatus TryRead(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> text, out string? fault)
    {
        OperationStatus status;
        int consumed;
        if (_partialLength == 0)
        {
            status = MultistreamFrame.TryDecode(input, out text, out consumed, out fault);
            if (status == OperationStatus.Done)
            {
                input = input[consumed..];
            }
            else if (status == OperationStatus.NeedMoreData && !input.IsEmpty)
            {
                _partial ??= new byte[MultistreamProtocol.MaxFrameBytes];
                input.CopyTo(_partial);
                _partialLength = input.Length;
                input = default;
            }

            return status;
        }

        // A frame in pieces is never as long as the buffer, or it would have been read: whatever is copied too much stays in the input.
        var partial = _partial.AsSpan();
        var copied = Math.Min(input.Length, partial.Length - _partialLength);
        input[..copied].CopyTo(partial[_partialLength..]);
        status = MultistreamFrame.TryDecode(partial[..(_partialLength + copied)], out text, out consumed, out fault);
        if (status == OperationStatus.Done)
        {
            input = input[(consumed - _partialLength)..];
            _partialLength = 0;
        }
        else if (status == OperationStatus.NeedMoreData)
        {
            _partialLength += copied;
            input = input[copied..];
        }

        return status;
    }
}
