using PeerNet.Core.Buffers;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>What a negotiation runs on: a raw connection, a secure one or a stream.</summary>
internal interface INegotiationCarrier
{
    /// <summary>Sends all of it.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken token);

    /// <summary>Receives what is there; empty only at the end. The caller releases it.</summary>
    ValueTask<BufferSlice> ReceiveAsync(CancellationToken token);
}
