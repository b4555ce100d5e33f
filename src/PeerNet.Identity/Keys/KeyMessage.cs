using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Keys;

/// <summary>
/// The one shape shared by the <c>PublicKey</c> and <c>PrivateKey</c> messages (peer-ids specification, "Keys"):
/// <code>
/// required KeyType Type = 1;
/// required bytes   Data = 2;
/// </code>
/// Both fields are always written, type first: an RSA key begins <c>08 00</c>, and dropping that zero changes its peer id.
/// </summary>
internal static class KeyMessage
{
    private const int TypeField = 1;
    private const int DataField = 2;

    /// <summary>
    /// Reads both fields in any order; the last occurrence wins, unknown fields are skipped. A missing field is an error,
    /// also for RSA: Go refuses it, so nobody's id can depend on reading it.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out KeyType type, out ReadOnlySpan<byte> data, out string? error)
    {
        var reader = new ProtoReader(message);
        ulong? typeValue = null;
        var hasData = false;
        type = default;
        data = default;
        while (reader.Read())
        {
            if (reader.IsVarint(TypeField))
            {
                typeValue = reader.Value;
            }
            else if (reader.IsBytes(DataField))
            {
                data = reader.Bytes;
                hasData = true;
            }
        }

        error = reader switch
        {
            { IsMalformed: true } => "the key is no protobuf message",
            _ when typeValue is null => "the key message has no type",
            _ when typeValue > (ulong)KeyType.Ecdsa => $"key type {typeValue} is unknown",
            _ when !hasData => "the key message has no data",
            _ => null,
        };
        if (error is not null)
            return false;

        type = (KeyType)typeValue!.Value;
        return true;
    }

    /// <summary>Canonical bytes; <paramref name="dataOffset"/> is where the data begins in them.</summary>
    public static byte[] Encode(KeyType type, ReadOnlySpan<byte> data, out int dataOffset)
    {
        var length = ProtoWriter.VarintFieldLength((ulong)type) + ProtoWriter.BytesFieldLength(data.Length);
        var bytes = new byte[length];
        var writer = new ProtoWriter(bytes);
        writer.WriteVarintField(TypeField, (ulong)type);
        writer.WriteBytesField(DataField, data);
        dataOffset = length - data.Length;
        return bytes;
    }
}
