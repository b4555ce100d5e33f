using System.Buffers;

namespace PeerNet.Multiformats;

/// <summary>One base of multibase, without its prefix.</summary>
internal abstract class BaseCodec
{
    private const int MaxStackChars = 256;

    /// <summary>Room that <see cref="Encode"/> needs for so many bytes.</summary>
    public abstract int MaxChars(int byteCount);

    /// <summary>Writes the digits and returns their number.</summary>
    public abstract int Encode(ReadOnlySpan<byte> bytes, Span<char> text);

    public abstract bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes);

    /// <summary>The digits behind a prefix.</summary>
    public string ToText(ReadOnlySpan<byte> bytes, ReadOnlySpan<char> prefix = default)
    {
        var room = prefix.Length + MaxChars(bytes.Length);
        char[]? rented = null;
        var text = room <= MaxStackChars ? stackalloc char[MaxStackChars] : (rented = ArrayPool<char>.Shared.Rent(room));
        prefix.CopyTo(text);
        var result = new string(text[..(prefix.Length + Encode(bytes, text[prefix.Length..]))]);
        if (rented is not null)
            ArrayPool<char>.Shared.Return(rented);
        return result;
    }

    public static BaseCodec? For(MultibaseEncoding encoding) => encoding switch
    {
        MultibaseEncoding.Identity => IdentityCodec.Instance,
        MultibaseEncoding.Base2 => Base2Codec.Instance,
        MultibaseEncoding.Base16 => BitCodec.Base16,
        MultibaseEncoding.Base16Upper => BitCodec.Base16Upper,
        MultibaseEncoding.Base32 => BitCodec.Base32,
        MultibaseEncoding.Base32Upper => BitCodec.Base32Upper,
        MultibaseEncoding.Base32Pad => BitCodec.Base32Pad,
        MultibaseEncoding.Base32PadUpper => BitCodec.Base32PadUpper,
        MultibaseEncoding.Base32Hex => BitCodec.Base32Hex,
        MultibaseEncoding.Base32HexUpper => BitCodec.Base32HexUpper,
        MultibaseEncoding.Base32HexPad => BitCodec.Base32HexPad,
        MultibaseEncoding.Base32HexPadUpper => BitCodec.Base32HexPadUpper,
        MultibaseEncoding.Base36 => RadixCodec.Base36,
        MultibaseEncoding.Base36Upper => RadixCodec.Base36Upper,
        MultibaseEncoding.Base58Btc => RadixCodec.Base58Btc,
        MultibaseEncoding.Base58Flickr => RadixCodec.Base58Flickr,
        MultibaseEncoding.Base64 => BitCodec.Base64,
        MultibaseEncoding.Base64Pad => BitCodec.Base64Pad,
        MultibaseEncoding.Base64Url => BitCodec.Base64Url,
        MultibaseEncoding.Base64UrlPad => BitCodec.Base64UrlPad,
        MultibaseEncoding.Base256Emoji => EmojiCodec.Instance,
        _ => null,
    };
}

/// <summary>A set of ASCII digits and its inverse.</summary>
internal sealed class Alphabet
{
    private readonly sbyte[] _values = new sbyte[128];

    /// <param name="digits">The digits in order of value.</param>
    /// <param name="ignoreCase">True where the multibase registry calls the base case insensitive.</param>
    public Alphabet(string digits, bool ignoreCase)
    {
        Digits = digits;
        Array.Fill(_values, (sbyte)-1);
        for (var i = 0; i < digits.Length; i++)
        {
            _values[digits[i]] = (sbyte)i;
            if (ignoreCase)
            {
                _values[char.ToLowerInvariant(digits[i])] = (sbyte)i;
                _values[char.ToUpperInvariant(digits[i])] = (sbyte)i;
            }
        }
    }

    public string Digits { get; }

    /// <summary>The value of a digit, or -1.</summary>
    public int ValueOf(char digit) => digit < _values.Length ? _values[digit] : -1;
}
