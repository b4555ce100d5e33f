using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Keys;

/// <summary>
/// Converts between <c>SEQUENCE { r INTEGER, s INTEGER }</c>, the only form on libp2p's wire, and r ‖ s in fixed width.
/// Strict where Go is not: trailing bytes and long-form lengths are refused for every curve.
/// </summary>
internal static class EcdsaSignature
{
    /// <summary>Fills <paramref name="fixedForm"/> with r and s, each half of it wide. False unless both are strict and above zero.</summary>
    public static bool TryRead(ReadOnlySpan<byte> der, Span<byte> fixedForm)
    {
        var reader = new DerReader(der);
        if (!reader.TryEnter(DerTag.Sequence, out var sequence) || !reader.IsAtEnd)
            return false;

        var width = fixedForm.Length / 2;
        return TryReadNumber(ref sequence, fixedForm[..width])
            && TryReadNumber(ref sequence, fixedForm[width..])
            && sequence.IsAtEnd;
    }

    /// <summary>The DER form of r ‖ s.</summary>
    public static byte[] Write(ReadOnlySpan<byte> fixedForm)
    {
        var r = Trim(fixedForm[..(fixedForm.Length / 2)]);
        var s = Trim(fixedForm[(fixedForm.Length / 2)..]);
        var contentLength = NumberLength(r) + NumberLength(s);
        // secp256k1 only: 72 bytes at most, so every length fits into one byte.
        var der = new byte[2 + contentLength];
        der[0] = (byte)DerTag.Sequence;
        der[1] = (byte)contentLength;
        WriteNumber(r, der.AsSpan(2));
        WriteNumber(s, der.AsSpan(2 + NumberLength(r)));
        return der;
    }

    private static bool TryReadNumber(ref DerReader reader, Span<byte> destination)
    {
        if (!reader.TryReadUnsigned(out var magnitude) || magnitude.IsEmpty || magnitude.Length > destination.Length)
            return false;
        destination.Clear();
        magnitude.CopyTo(destination[(destination.Length - magnitude.Length)..]);
        return true;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> number) => number.TrimStart((byte)0);

    private static int SignByte(ReadOnlySpan<byte> number) => number[0] >= 0x80 ? 1 : 0;

    private static int NumberLength(ReadOnlySpan<byte> number) => 2 + SignByte(number) + number.Length;

    private static void WriteNumber(ReadOnlySpan<byte> number, Span<byte> destination)
    {
        var signByte = SignByte(number);
        destination[0] = (byte)DerTag.Integer;
        destination[1] = (byte)(signByte + number.Length);
        number.CopyTo(destination[(2 + signByte)..]);
    }
}
