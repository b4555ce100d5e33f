using PeerNet.Core.Buffers;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>
/// Bytes that came behind a negotiation and are to be read first. One reader takes them; anybody may drop them when the reader will not
/// come any more.
/// </summary>
internal sealed class Pushback
{
    private readonly Lock _lock = new();
    private BufferSlice _bytes;
    private volatile bool _isEmpty = true;

    /// <summary>Whether all has been taken: from then on this costs one comparison.</summary>
    public bool IsEmpty => _isEmpty;

    /// <summary>Puts bytes in, with their reference.</summary>
    public void Put(BufferSlice bytes)
    {
        if (bytes.IsEmpty)
            return;
        lock (_lock)
        {
            _bytes = bytes;
            _isEmpty = false;
        }
    }

    /// <summary>Copies out what fits; 0 when nothing is left.</summary>
    public int Take(Span<byte> buffer)
    {
        lock (_lock)
        {
            var count = Math.Min(buffer.Length, _bytes.Length);
            _bytes.Span[..count].CopyTo(buffer);
            if (count == _bytes.Length)
                Clear();
            else
                _bytes = _bytes.Advance(count);
            return count;
        }
    }

    /// <summary>Takes the bytes as they lie, with their reference; empty when nothing is left.</summary>
    public BufferSlice TakeSlice()
    {
        lock (_lock)
        {
            var bytes = _bytes;
            _bytes = default;
            _isEmpty = true;
            return bytes;
        }
    }

    /// <summary>Drops what is left.</summary>
    public void Drop() => TakeSlice().Release();

    private void Clear()
    {
        _bytes.Release();
        _bytes = default;
        _isEmpty = true;
    }
}
