using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>A negotiated stream whose first bytes came together with the negotiation.</summary>
internal sealed class PushbackStream : DelegatingStream
{
    private readonly Pushback _pushback = new();

    public PushbackStream(MuxedStream inner, BufferSlice leftover)
        : base(inner) => _pushback.Put(leftover);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        if (_pushback.IsEmpty)
            return Inner.ReadAsync(buffer, token);
        var count = _pushback.Take(buffer.Span);
        return count == 0 && !buffer.IsEmpty ? Inner.ReadAsync(buffer, token) : new ValueTask<int>(count);
    }

    public override ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default)
    {
        if (_pushback.IsEmpty)
            return Inner.ReadSliceAsync(token);
        var slice = _pushback.TakeSlice();
        return slice.IsEmpty ? Inner.ReadSliceAsync(token) : new ValueTask<BufferSlice>(slice);
    }

    public override void CloseRead()
    {
        _pushback.Drop();
        base.CloseRead();
    }

    public override void Reset(uint code = 0)
    {
        _pushback.Drop();
        base.Reset(code);
    }
}
