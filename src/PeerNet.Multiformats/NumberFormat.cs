using System.Buffers.Binary;
using System.Globalization;

namespace PeerNet.Multiformats;

/// <summary>An unsigned number of fixed size, big endian, decimal in text: ports, prefix lengths, memory addresses.</summary>
internal sealed class NumberFormat : ValueFormat
{
    public static readonly NumberFormat Port = new(sizeof(ushort), "a port from 0 to 65535");
    public static readonly NumberFormat PrefixLength = new(sizeof(byte), "a prefix length from 0 to 255");

    /// <summary>Eight fixed bytes as go and rust write them; js and the registry say variable.</summary>
    public static readonly NumberFormat Memory = new(sizeof(ulong), "a number from 0 to 18446744073709551615");

    private NumberFormat(int size, string expected)
        : base(size, expected)
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = Size;
        if (destination.Length < Size
            || !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || (Size < sizeof(ulong) && number >> (Size * 8) != 0))
        {
            return false;
        }

        for (var i = Size - 1; i >= 0; i--)
        {
            destination[i] = (byte)number;
            number >>= 8;
        }

        return true;
    }

    public override bool IsValid(ReadOnlySpan<byte> value) => value.Length == Size;

    public override string Format(ReadOnlySpan<byte> value) => Read(value).ToString(CultureInfo.InvariantCulture);

    public static ulong Read(ReadOnlySpan<byte> value) => value.Length switch
    {
        sizeof(byte) => value[0],
        sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(value),
        _ => BinaryPrimitives.ReadUInt64BigEndian(value),
    };
}
