namespace PeerNet.Multiformats;

/// <summary>The bases of RFC 4648, whose digits hold whole bits: 16, 32 and 64.</summary>
/// <remarks>
/// Strict: padding is present or absent as the base says, and the unused bits of the last digit are zero, so a text
/// in one letter case has one reading and the bytes have one text (go reads non-zero unused bits, rust and js do not).
/// </remarks>
internal sealed class BitCodec : BaseCodec
{
    private const char Padding = '=';
    private const string Lower32 = "abcdefghijklmnopqrstuvwxyz234567";
    private const string Lower32Hex = "0123456789abcdefghijklmnopqrstuv";
    private const string Digits64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const string Digits64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    public static readonly BitCodec Base16 = new("0123456789abcdef", 4, padded: false);
    public static readonly BitCodec Base16Upper = new("0123456789ABCDEF", 4, padded: false);
    public static readonly BitCodec Base32 = new(Lower32, 5, padded: false);
    public static readonly BitCodec Base32Upper = new(Lower32.ToUpperInvariant(), 5, padded: false);
    public static readonly BitCodec Base32Pad = new(Lower32, 5, padded: true);
    public static readonly BitCodec Base32PadUpper = new(Lower32.ToUpperInvariant(), 5, padded: true);
    public static readonly BitCodec Base32Hex = new(Lower32Hex, 5, padded: false);
    public static readonly BitCodec Base32HexUpper = new(Lower32Hex.ToUpperInvariant(), 5, padded: false);
    public static readonly BitCodec Base32HexPad = new(Lower32Hex, 5, padded: true);
    public static readonly BitCodec Base32HexPadUpper = new(Lower32Hex.ToUpperInvariant(), 5, padded: true);
    public static readonly BitCodec Base64 = new(Digits64, 6, padded: false);
    public static readonly BitCodec Base64Pad = new(Digits64, 6, padded: true);
    public static readonly BitCodec Base64Url = new(Digits64Url, 6, padded: false);
    public static readonly BitCodec Base64UrlPad = new(Digits64Url, 6, padded: true);

    /// <summary>I2P's base 64, padded.</summary>
    public static readonly BitCodec Garlic64 = new(Digits64Url.Replace('_', '~'), 6, padded: true);

    private readonly Alphabet _alphabet;
    private readonly int _bits;
    private readonly bool _padded;

    /// <summary>Digits per padded group: the shortest run that holds whole bytes.</summary>
    private readonly int _group;

    private BitCodec(string digits, int bits, bool padded)
    {
        _alphabet = new Alphabet(digits, ignoreCase: bits < 6);
        _bits = bits;
        _padded = padded;
        _group = bits switch { 4 => 2, 5 => 8, _ => 4 };
    }

    public override int MaxChars(int byteCount) => (((byteCount * 8) + _bits - 1) / _bits) + _group;

    public override int Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        var written = 0;
        var pending = 0;
        var pendingBits = 0;
        foreach (var b in bytes)
        {
            pending = (pending << 8) | b;
            pendingBits += 8;
            while (pendingBits >= _bits)
            {
                pendingBits -= _bits;
                text[written++] = _alphabet.Digits[pending >> pendingBits];
                pending &= (1 << pendingBits) - 1;
            }
        }

        if (pendingBits > 0)
            text[written++] = _alphabet.Digits[pending << (_bits - pendingBits)];
        while (_padded && written % _group != 0)
            text[written++] = Padding;
        return written;
    }

    public override bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        var digits = text;
        if (_padded)
        {
            digits = text.TrimEnd(Padding);
            if (text.Length % _group != 0 || text.Length - digits.Length >= _group)
                return false;
        }

        // More than a digit's worth of unused bits means a digit that carries nothing, or half a byte.
        if ((long)digits.Length * _bits % 8 >= _bits)
            return false;
        var result = new byte[(int)((long)digits.Length * _bits / 8)];
        var position = 0;
        var pending = 0;
        var pendingBits = 0;
        foreach (var digit in digits)
        {
            var value = _alphabet.ValueOf(digit);
            if (value < 0)
                return false;
            pending = (pending << _bits) | value;
            pendingBits += _bits;
            if (pendingBits >= 8)
            {
                pendingBits -= 8;
                result[position++] = (byte)(pending >> pendingBits);
                pending &= (1 << pendingBits) - 1;
            }
        }

        if (pending != 0)
            return false;
        bytes = result;
        return true;
    }
}
