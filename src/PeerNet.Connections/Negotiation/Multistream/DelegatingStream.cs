using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>A stream in front of another one, which it hands everything to.</summary>
internal abstract class DelegatingStream(MuxedStream inner) : MuxedStream
{
    protected MuxedStream Inner => inner;

    public override ulong Id => inner.Id;

    public override Direction Direction => inner.Direction;

    public override bool IsClosed => inner.IsClosed;

    public override Task Closed => inner.Closed;

    public override IStreamScope? Scope
    {
        get => inner.Scope;
        set => inner.Scope = value;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default) => inner.ReadAsync(buffer, token);

    public override ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default) => inner.ReadSliceAsync(token);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default) => inner.WriteAsync(buffer, token);

    public override ValueTask CloseWriteAsync(CancellationToken token = default) => inner.CloseWriteAsync(token);

    public override void CloseRead() => inner.CloseRead();

    public override void Reset(uint code = 0) => inner.Reset(code);
}
