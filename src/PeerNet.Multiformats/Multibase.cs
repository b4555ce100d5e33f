using System.Text;

namespace PeerNet.Multiformats;

/// <summary>Text forms of bytes that name their own base by a prefix character.</summary>
public static class Multibase
{
    // Implementation limits.

    /// <summary>
    /// The longest text read in a base whose cost grows linearly. Nothing in libp2p comes near it; it keeps a pasted
    /// megabyte from being decoded only to be refused.
    /// </summary>
    public const int MaxTextLength = 64 * 1024;

    /// <summary>
    /// The longest text read in base 36 or 58, whose cost grows with the square of the length. The largest value a
    /// multiaddr can hold, 1 KiB, takes 1,585 characters in base 36.
    /// </summary>
    public const int MaxRadixTextLength = 2048;

    /// <summary>Encodes <paramref name="bytes"/>, prefix included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The encoding is not one of <see cref="MultibaseEncoding"/>.</exception>
    public static string Encode(MultibaseEncoding encoding, ReadOnlySpan<byte> bytes)
    {
        var codec = BaseCodec.For(encoding)
            ?? throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "Not a multibase encoding.");
        Span<char> prefix = stackalloc char[2];
        return codec.ToText(bytes, prefix[..new Rune((int)encoding).EncodeToUtf16(prefix)]);
    }

    /// <summary>Decodes a text that begins with its prefix character.</summary>
    /// <returns>False when the prefix is unknown, the text is not in that base, not padded as the base says, or too long.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes, out MultibaseEncoding encoding)
    {
        bytes = [];
        encoding = default;
        if (text.Length > MaxTextLength
            || Rune.DecodeFromUtf16(text, out var prefix, out var prefixLength) != System.Buffers.OperationStatus.Done
            || BaseCodec.For((MultibaseEncoding)prefix.Value) is not { } codec
            || !codec.TryDecode(text[prefixLength..], out bytes))
        {
            return false;
        }

        encoding = (MultibaseEncoding)prefix.Value;
        return true;
    }
}
