using System.Buffers;

namespace PeerNet.Multiformats;

/// <summary>
/// The unsigned varint of multiformats: little-endian base 128, at most nine bytes (63 bits), minimal.
/// </summary>
/// <remarks>Reading never throws; a value or length read here must still be checked against the protocol's own cap.</remarks>
public static class Varint
{
    // Specification (multiformats/unsigned-varint).

    /// <summary>The longest encoding in bytes.</summary>
    public const int MaxBytes = 9;

    /// <summary>The largest value, 2^63 - 1.</summary>
    public const ulong MaxValue = long.MaxValue;

    private const int PayloadBits = 7;
    private const byte ContinuationBit = 0x80;

    /// <summary>Number of bytes <paramref name="value"/> takes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value needs more than 63 bits.</exception>
    public static int Length(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxValue);
        var bits = 64 - System.Numerics.BitOperations.LeadingZeroCount(value | 1);
        return (bits + PayloadBits - 1) / PayloadBits;
    }

    /// <summary>Writes <paramref name="value"/> and returns the number of bytes written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value needs more than 63 bits.</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int Write(Span<byte> destination, ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxValue);
        var position = 0;
        while (value >= ContinuationBit)
        {
            if (position >= destination.Length)
                ThrowTooShort();
            destination[position++] = (byte)(value | ContinuationBit);
            value >>= PayloadBits;
        }

        if (position >= destination.Length)
            ThrowTooShort();
        destination[position++] = (byte)value;
        return position;
    }

    /// <summary>Writes <paramref name="value"/> to a buffer writer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value needs more than 63 bits.</exception>
    public static void Write(IBufferWriter<byte> destination, ulong value)
    {
        ArgumentNullException.ThrowIfNull(destination);
        destination.Advance(Write(destination.GetSpan(MaxBytes), value));
    }

    /// <summary>Reads one varint from the front of <paramref name="source"/>.</summary>
    /// <param name="source">The bytes; what follows the varint is left alone.</param>
    /// <param name="value">The value, 0 unless the result is <see cref="OperationStatus.Done"/>.</param>
    /// <param name="consumed">Bytes taken, 0 unless the result is <see cref="OperationStatus.Done"/>.</param>
    /// <returns>
    /// <see cref="OperationStatus.NeedMoreData"/> when the bytes end inside the varint,
    /// <see cref="OperationStatus.InvalidData"/> when it is not minimal or longer than 63 bits.
    /// </returns>
    public static OperationStatus TryRead(ReadOnlySpan<byte> source, out ulong value, out int consumed)
    {
        // One byte is every code and most lengths, two bytes nearly all the rest.
        if (!source.IsEmpty && source[0] < ContinuationBit)
        {
            value = source[0];
            consumed = 1;
            return OperationStatus.Done;
        }

        if (source.Length >= 2 && source[1] is > 0 and < ContinuationBit)
        {
            value = (source[0] & ~(uint)ContinuationBit) | ((uint)source[1] << PayloadBits);
            consumed = 2;
            return OperationStatus.Done;
        }

        return TryReadLong(source, out value, out consumed);
    }

    /// <summary>Reads one varint from a sequence; the reader moves only when the result is <see cref="OperationStatus.Done"/>.</summary>
    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, out ulong, out int)" path="/returns"/>
    public static OperationStatus TryRead(ref SequenceReader<byte> reader, out ulong value)
    {
        var status = TryRead(reader.UnreadSpan, out value, out var consumed);
        if (status == OperationStatus.NeedMoreData && reader.Remaining > reader.UnreadSpan.Length)
        {
            Span<byte> joined = stackalloc byte[(int)Math.Min(reader.Remaining, MaxBytes)];
            _ = reader.TryCopyTo(joined);
            status = TryRead(joined, out value, out consumed);
        }

        reader.Advance(consumed);
        return status;
    }

    private static OperationStatus TryReadLong(ReadOnlySpan<byte> source, out ulong value, out int consumed)
    {
        ulong result = 0;
        var limit = Math.Min(source.Length, MaxBytes);
        for (var i = 0; i < limit; i++)
        {
            var b = source[i];
            if (b < ContinuationBit)
            {
                // A last group of zero adds nothing: the same value has a shorter form.
                if (b == 0)
                    break;
                value = result | ((ulong)b << (i * PayloadBits));
                consumed = i + 1;
                return OperationStatus.Done;
            }

            result |= (ulong)(b & ~ContinuationBit) << (i * PayloadBits);
            if (i == limit - 1 && limit < MaxBytes)
            {
                value = 0;
                consumed = 0;
                return OperationStatus.NeedMoreData;
            }
        }

        value = 0;
        consumed = 0;
        return source.IsEmpty ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
    }

    private static void ThrowTooShort()
        => throw new ArgumentException("The destination is too short for the varint.", "destination");
}
