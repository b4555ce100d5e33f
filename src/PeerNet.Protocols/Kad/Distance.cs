using System.Numerics;

namespace PeerNet.Protocols.Kad;

/// <summary>How far two keys are apart: their XOR, read as a number of 256 bits.</summary>
public readonly record struct Distance : IComparable<Distance>
{
    private readonly ulong _w0;
    private readonly ulong _w1;
    private readonly ulong _w2;
    private readonly ulong _w3;

    internal Distance(ulong w0, ulong w1, ulong w2, ulong w3) => (_w0, _w1, _w2, _w3) = (w0, w1, w2, w3);

    /// <summary>The greatest distance.</summary>
    public static Distance Max { get; } = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    /// <summary>Leading zero bits: the length of the prefix that the keys share.</summary>
    public int LeadingZeros
    {
        get
        {
            if (_w0 != 0)
                return BitOperations.LeadingZeroCount(_w0);
            if (_w1 != 0)
                return 64 + BitOperations.LeadingZeroCount(_w1);
            if (_w2 != 0)
                return 128 + BitOperations.LeadingZeroCount(_w2);
            return 192 + BitOperations.LeadingZeroCount(_w3);
        }
    }

    /// <summary>The distance as a part of the whole key space, from 0 to 1. 53 bits are exact.</summary>
    public double Fraction => ((_w0 * Two64) + _w1) / (Two64 * Two64);

    private static double Two64 => 18446744073709551616.0;

    /// <summary>The distance that is a given part of the key space.</summary>
    /// <param name="fraction">0 to 1; what is outside is clamped.</param>
    public static Distance FromFraction(double fraction)
    {
        if (!(fraction > 0))
            return default;
        if (fraction >= 1)
            return Max;
        var scaled = fraction * Two64;
        var high = (ulong)scaled;
        return new Distance(high, (ulong)((scaled - high) * Two64), 0, 0);
    }

    /// <inheritdoc />
    public int CompareTo(Distance other)
    {
        if (_w0 != other._w0)
            return _w0 < other._w0 ? -1 : 1;
        if (_w1 != other._w1)
            return _w1 < other._w1 ? -1 : 1;
        if (_w2 != other._w2)
            return _w2 < other._w2 ? -1 : 1;
        return _w3.CompareTo(other._w3);
    }

    /// <summary>Whether <paramref name="left"/> is nearer.</summary>
    public static bool operator <(Distance left, Distance right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is farther.</summary>
    public static bool operator >(Distance left, Distance right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is not farther.</summary>
    public static bool operator <=(Distance left, Distance right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is not nearer.</summary>
    public static bool operator >=(Distance left, Distance right) => left.CompareTo(right) >= 0;

    /// <summary>The distance as hexadecimal digits.</summary>
    public override string ToString() => $"{_w0:x16}{_w1:x16}{_w2:x16}{_w3:x16}";
}
