namespace PeerNet.Multiformats;

/// <summary>Base 58 with the Bitcoin alphabet and no prefix, the text form of peer ids.</summary>
public static class Base58Btc
{
    /// <summary>Encodes <paramref name="bytes"/>; each leading zero byte becomes a <c>1</c>.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => RadixCodec.Base58Btc.ToText(bytes);

    /// <summary>
    /// Decodes a text; false when it is empty, has a character outside the alphabet, or is longer than
    /// <see cref="Multibase.MaxRadixTextLength"/>.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes) => RadixCodec.Base58Btc.TryDecode(text, out bytes);
}
