namespace PeerNet.Multiformats;

/// <summary>
/// A peer id: an identity or 32-byte SHA-256 multihash. Read as base 58 or as a CID of codec libp2p-key, printed as
/// base 58 (rust reads nothing else here).
/// </summary>
/// <remarks>Whether an identity digest holds a public key is not looked at: that is the peer id's own rule.</remarks>
internal sealed class PeerIdFormat : ValueFormat
{
    public static readonly PeerIdFormat Instance = new();

    private const int Sha256Bytes = 32;

    private PeerIdFormat()
        : base(Variable, "a peer id such as 12D3KooW…, Qm… or k51…")
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        // An identity multihash starts with a zero byte, hence '1'; a SHA-256 one with 12 20, hence "Qm".
        if (text.StartsWith('1') || text.StartsWith("Qm"))
        {
            return Base58Btc.TryDecode(text, out var bytes) && IsValid(bytes)
                && TryCopy(bytes, destination, out written);
        }

        return Cid.TryParse(text, out var cid) && cid is { Version: 1, Codec: Multicodec.Libp2pKey }
            && IsValid(cid.Hash.Bytes.Span) && TryCopy(cid.Hash.Bytes.Span, destination, out written);
    }

    public override bool IsValid(ReadOnlySpan<byte> value)
        => Multihash.TryMeasure(value, out var code, out var digestOffset, out var length)
            && length == value.Length
            && (code == MultihashCode.Identity || (code == MultihashCode.Sha256 && length - digestOffset == Sha256Bytes));

    public override string Format(ReadOnlySpan<byte> value) => Base58Btc.Encode(value);
}

/// <summary>A certificate hash: any multihash, read in any multibase, printed in base64url.</summary>
internal sealed class CerthashFormat : ValueFormat
{
    public static readonly CerthashFormat Instance = new();

    private CerthashFormat()
        : base(Variable, "a multibase multihash such as uEi…")
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        return Multibase.TryDecode(text, out var bytes, out _) && IsValid(bytes) && TryCopy(bytes, destination, out written);
    }

    public override bool IsValid(ReadOnlySpan<byte> value)
        => Multihash.TryMeasure(value, out _, out _, out var length) && length == value.Length;

    public override string Format(ReadOnlySpan<byte> value) => Multibase.Encode(MultibaseEncoding.Base64Url, value);
}
