using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using PeerNet.Hivemind.Tensors.Generated;

namespace PeerNet.Hivemind.Tensors;

/// <summary>
/// Tensors in pieces. The first piece has everything but the rest of the buffer, and the number of pieces; the others have buffers alone. A
/// piece with a type begins the next tensor.
/// </summary>
internal static class TensorChunks
{
    // Specification (hivemind/utils/streaming.py).
    public const int StateChunkBytes = 64 * 1024;

    public static IEnumerable<WireTensor> Split(WireTensor tensor, int chunkBytes)
    {
        var buffer = tensor.Buffer.Memory;
        var first = tensor.Clone();
        first.Buffer = UnsafeByteOperations.UnsafeWrap(buffer[..Math.Min(chunkBytes, buffer.Length)]);
        first.Chunks = (buffer.Length + chunkBytes - 1) / chunkBytes;
        yield return first;
        for (var start = chunkBytes; start < buffer.Length; start += chunkBytes)
            yield return new WireTensor { Buffer = UnsafeByteOperations.UnsafeWrap(buffer.Slice(start, Math.Min(chunkBytes, buffer.Length - start))) };
    }
}

/// <summary>Puts tensors together from their pieces; what they hold together is bounded. One reader at a time.</summary>
/// <param name="maxBytes">The most bytes of all buffers together.</param>
/// <param name="maxTensors">The most tensors.</param>
internal sealed class TensorJoiner(long maxBytes, int maxTensors)
{
    private readonly List<Tensor> _tensors = [];
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private WireTensor? _head;
    private long _bytes;
    private long _pending;

    /// <summary>Takes the next piece; false where the pieces are none of tensors, or beyond the limits.</summary>
    public bool TryAdd(WireTensor piece)
    {
        if (piece.Dtype.Length > 0 && !TryFinish())
            return false;
        _bytes += piece.Buffer.Length;
        _pending += piece.Buffer.Length;
        if (_bytes > maxBytes || _pending > TensorLimits.MaxJoinedBytes || _tensors.Count == maxTensors)
            return false;
        if (piece.Dtype.Length > 0)
            _head = piece;
        else if (_head is null)
            return false;
        if (piece.Buffer.Length > 0)
            _pieces.Add(piece.Buffer.Memory);
        return true;
    }

    /// <summary>Ends the last tensor.</summary>
    public bool TryComplete([NotNullWhen(true)] out IReadOnlyList<Tensor>? tensors)
    {
        tensors = TryFinish() ? _tensors : null;
        return tensors is not null;
    }

    private bool TryFinish()
    {
        if (_head is null)
            return true;
        var whole = _head.Clone();
        if (_pieces.Count > 1)
        {
            var buffer = new byte[_pending];
            var position = 0;
            foreach (var piece in _pieces)
            {
                piece.CopyTo(buffer.AsMemory(position));
                position += piece.Length;
            }

            whole.Buffer = UnsafeByteOperations.UnsafeWrap(buffer);
        }

        if (!TensorCodec.TryRead(whole, out var tensor))
            return false;
        _tensors.Add(tensor);
        _pieces.Clear();
        _pending = 0;
        _head = null;
        return true;
    }
}
