using System.Numerics;

namespace PeerNet.Multiformats;

/// <summary>The bases that read the bytes as one big-endian number: 36 and 58. Leading zero bytes become leading zero digits.</summary>
/// <remarks>
/// Cost grows with the square of the length, so decoding stops at <see cref="Multibase.MaxRadixTextLength"/>. The work is
/// done on 32-bit limbs, as many digits at a time as fit into one.
/// </remarks>
internal sealed class RadixCodec : BaseCodec
{
    private const int MaxStackLimbs = 64;
    private const string Digits36 = "0123456789abcdefghijklmnopqrstuvwxyz";

    public static readonly RadixCodec Base36 = new(Digits36, ignoreCase: true);
    public static readonly RadixCodec Base36Upper = new(Digits36.ToUpperInvariant(), ignoreCase: true);
    public static readonly RadixCodec Base58Btc
        = new("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", ignoreCase: false);
    public static readonly RadixCodec Base58Flickr
        = new("123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ", ignoreCase: false);

    private readonly Alphabet _alphabet;

    /// <summary>Digits per step: the most whose power still fits into a limb.</summary>
    private readonly int _stepDigits;

    private readonly uint _step = 1;

    private RadixCodec(string digits, bool ignoreCase)
    {
        _alphabet = new Alphabet(digits, ignoreCase);
        for (var power = (ulong)digits.Length; power <= uint.MaxValue; power *= (ulong)digits.Length)
        {
            _stepDigits++;
            _step = (uint)power;
        }
    }

    public override int MaxChars(int byteCount) => (int)(byteCount * 8 / Math.Log2(_alphabet.Digits.Length)) + 2;

    public override int Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        var zeros = 0;
        while (zeros < bytes.Length && bytes[zeros] == 0)
            zeros++;
        text[..zeros].Fill(_alphabet.Digits[0]);
        bytes = bytes[zeros..];

        var limbCount = (bytes.Length + 3) / 4;
        var limbs = limbCount <= MaxStackLimbs ? stackalloc uint[MaxStackLimbs] : new uint[limbCount];
        limbs = limbs[..limbCount];
        limbs.Clear();
        for (var i = 0; i < bytes.Length; i++)
        {
            var significance = bytes.Length - 1 - i;
            limbs[significance / 4] |= (uint)bytes[i] << (significance % 4 * 8);
        }

        var radix = (uint)_alphabet.Digits.Length;
        var length = zeros;
        while (limbs.Length > 0)
        {
            ulong remainder = 0;
            for (var i = limbs.Length - 1; i >= 0; i--)
            {
                var dividend = (remainder << 32) | limbs[i];
                (var quotient, remainder) = Math.DivRem(dividend, _step);
                limbs[i] = (uint)quotient;
            }

            if (limbs[^1] == 0)
                limbs = limbs[..^1];
            // The last step holds the most significant digits: no zeros in front of them.
            for (var d = 0; d < _stepDigits && (limbs.Length > 0 || remainder > 0); d++)
            {
                (remainder, var digit) = Math.DivRem((uint)remainder, radix);
                text[length++] = _alphabet.Digits[(int)digit];
            }
        }

        text[zeros..length].Reverse();
        return length;
    }

    public override bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.IsEmpty || text.Length > Multibase.MaxRadixTextLength)
            return false;
        var zeros = 0;
        while (zeros < text.Length && _alphabet.ValueOf(text[zeros]) == 0)
            zeros++;

        var digits = text[zeros..];
        // A digit of either base is worth less than six bits.
        var capacity = (digits.Length * 6 / 32) + 1;
        var limbs = capacity <= MaxStackLimbs ? stackalloc uint[MaxStackLimbs] : new uint[capacity];
        var used = 0;
        var radix = (uint)_alphabet.Digits.Length;
        while (!digits.IsEmpty)
        {
            var take = Math.Min(_stepDigits, digits.Length);
            ulong carry = 0;
            uint factor = 1;
            foreach (var digit in digits[..take])
            {
                var value = _alphabet.ValueOf(digit);
                if (value < 0)
                    return false;
                carry = (carry * radix) + (uint)value;
                factor *= radix;
            }

            for (var i = 0; i < used; i++)
            {
                carry += (ulong)limbs[i] * factor;
                limbs[i] = (uint)carry;
                carry >>= 32;
            }

            if (carry != 0)
                limbs[used++] = (uint)carry;
            digits = digits[take..];
        }

        bytes = ToBytes(limbs[..used], zeros);
        return true;
    }

    private static byte[] ToBytes(ReadOnlySpan<uint> limbs, int zeros)
    {
        var length = 0;
        if (!limbs.IsEmpty)
            length = (limbs.Length * 4) - (BitOperations.LeadingZeroCount(limbs[^1]) / 8);
        var bytes = new byte[zeros + length];
        for (var i = 0; i < length; i++)
            bytes[^(i + 1)] = (byte)(limbs[i / 4] >> (i % 4 * 8));
        return bytes;
    }
}
