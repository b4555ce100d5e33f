using System.Diagnostics.CodeAnalysis;
using PeerNet.Multiformats;

namespace PeerNet.Identity;

// The text forms: base58btc of the bare multihash, and CIDv1 with codec libp2p-key under any multibase.
public sealed partial class PeerId
{
    private const byte CidVersion = 0x01;
    private const byte LibP2PKeyCodec = 0x72;

    // Implementation limit: the longest honest text is a base2 CID of a secp256k1 id, 329 characters; decoding costs the square.
    private const int MaxTextLength = 400;

    // Enough to tell peers apart in a table, few enough to fit one.
    private const int ShortTextLength = 8;

    /// <summary>Reads any text form of a peer id.</summary>
    /// <exception cref="FormatException">The text is no peer id; the message says why.</exception>
    public static PeerId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var id, out var error) ? id : throw new FormatException(error);
    }

    /// <inheritdoc/>
    static PeerId IParsable<PeerId>.Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <summary>Reads any text form of a peer id; null and empty text are none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PeerId? id) => TryParse(text, out id, out _);

    /// <inheritdoc/>
    static bool IParsable<PeerId>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out PeerId result)
        => TryParse(s, out result, out _);

    /// <summary>Like the shorter overload; <paramref name="error"/> says what is wrong, in words for a person.</summary>
    public static bool TryParse(
        [NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out PeerId? id,
        [NotNullWhen(false)] out string? error)
    {
        id = null;
        if (string.IsNullOrEmpty(text))
        {
            error = "the peer id is empty";
            return false;
        }

        if (text.Length > MaxTextLength)
        {
            error = $"a text of {text.Length} characters is too long for a peer id";
            return false;
        }

        // An identity multihash begins with a zero byte, which base58 writes as '1'; SHA-256 with its length comes out as "Qm".
        return text.StartsWith('1') || text.StartsWith("Qm", StringComparison.Ordinal)
            ? TryParseBase58(text, out id, out error)
            : TryParseCid(text, out id, out error);
    }

    /// <summary>The usual text form: base58btc, <c>12D3KooW…</c>, <c>16Uiu2HA…</c> or <c>Qm…</c>. Computed once.</summary>
    public override string ToString() => _text ??= Base58Btc.Encode(_bytes);

    /// <summary>The last characters of the usual text form, for tables and logs; not an identifier.</summary>
    public string ToShortString() => ToString()[^ShortTextLength..];

    /// <summary>CIDv1 with codec libp2p-key, in base36 the form of IPNS names. Peers read base36 and base32 everywhere, other bases in places.</summary>
    public string ToCid(MultibaseEncoding encoding = MultibaseEncoding.Base36)
    {
        Span<byte> cid = stackalloc byte[2 + HeaderBytes + MaxContainedKeyBytes];
        cid[0] = CidVersion;
        cid[1] = LibP2PKeyCodec;
        _bytes.CopyTo(cid[2..]);
        return Multibase.Encode(encoding, cid[..(2 + _bytes.Length)]);
    }

    private static bool TryParseBase58(string text, [NotNullWhen(true)] out PeerId? id, [NotNullWhen(false)] out string? error)
    {
        if (Base58Btc.TryDecode(text, out var bytes))
            return TryDecode(bytes, out id, out error);

        id = null;
        error = "the peer id contains a character that base58 does not have";
        return false;
    }

    private static bool TryParseCid(string text, [NotNullWhen(true)] out PeerId? id, [NotNullWhen(false)] out string? error)
    {
        id = null;
        if (!Multibase.TryDecode(text, out var cid, out _))
            error = "the peer id is neither base58 (12D3KooW…, 16Uiu2HA…, Qm…) nor a CID in a known base";
        else if (cid is not [CidVersion, _, ..])
            error = "the peer id is no CID of version 1";
        else if (cid[1] != LibP2PKeyCodec)
            error = $"a CID with codec 0x{cid[1]:x2} names content, not a peer; libp2p-key (0x72) is expected";
        else
            return TryDecode(cid.AsSpan(2), out id, out error);
        return false;
    }
}
