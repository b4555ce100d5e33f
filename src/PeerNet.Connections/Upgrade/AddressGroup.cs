using System.Buffers.Binary;
using System.Net.Sockets;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Upgrade;

/// <summary>
/// Addresses that most likely have one owner: an IPv4 /24, an IPv6 /56; everything that is no IP address is one group.
/// </summary>
internal readonly record struct AddressGroup(UInt128 Prefix)
{
    public static AddressGroup Of(Multiaddress address)
    {
        if (!address.TryGetIPAddress(out var ip))
            return default;
        ip = ip.Unmap();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        _ = ip.TryWriteBytes(bytes, out _);
        bytes[(ip.AddressFamily == AddressFamily.InterNetwork ? 3 : 7)..].Clear();

        // The last byte, which no prefix reaches, keeps the two families and the rest apart.
        bytes[15] = ip.AddressFamily == AddressFamily.InterNetwork ? (byte)4 : (byte)6;
        return new AddressGroup(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }
}
