using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PeerNet.Hivemind.Rpc;

/// <summary>The id of a unary call. A daemon keeps the pending calls of all its peers under it, so it must be fresh and random.</summary>
/// <param name="Value">Its 16 bytes as a big-endian number.</param>
internal readonly record struct RpcCallId(UInt128 Value)
{
    public static RpcCallId Create()
    {
        Span<byte> bytes = stackalloc byte[RpcProtocol.CallIdBytes];
        RandomNumberGenerator.Fill(bytes);
        return new RpcCallId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out RpcCallId id)
    {
        id = bytes.Length == RpcProtocol.CallIdBytes ? new RpcCallId(BinaryPrimitives.ReadUInt128BigEndian(bytes)) : default;
        return bytes.Length == RpcProtocol.CallIdBytes;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[RpcProtocol.CallIdBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }
}
