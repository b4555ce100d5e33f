using System.Buffers;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Auth;

/// <summary>A record as validators see it.</summary>
/// <param name="Key">The key.</param>
/// <param name="Tag">The subkey's bytes; those of None for a plain value.</param>
/// <param name="Value">The value's bytes.</param>
/// <param name="Expiration">When it ends.</param>
public sealed record DhtRecord(DhtId Key, ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Value, DhtExpiration Expiration)
{
    /// <summary>The tag of a plain value.</summary>
    public static ReadOnlyMemory<byte> RegularTag => DhtProtocol.RegularTag;

    /// <summary>Whether it is a plain value.</summary>
    public bool IsRegular => Tag.Span.SequenceEqual(RegularTag.Span);

    /// <summary>What a signature covers: the tuple of key, tag, value and expiration.</summary>
    public byte[] ToSignedBytes()
    {
        var payload = new ArrayBufferWriter<byte>();
        ValueWriter.WriteListHeader(payload, 4);
        ValueWriter.WriteBytes(payload, Key.ToBytes());
        ValueWriter.WriteBytes(payload, Tag.Span);
        ValueWriter.WriteBytes(payload, Value.Span);
        ValueWriter.WriteFloat(payload, Expiration.Seconds);
        var output = new ArrayBufferWriter<byte>();
        ValueWriter.WriteExtension(output, ValueLimits.TupleExtension, payload.WrittenSpan);
        return output.WrittenSpan.ToArray();
    }
}
