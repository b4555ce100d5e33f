using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Auth;

/// <summary>RSA public keys as one line of OpenSSH text: <c>ssh-rsa BASE64</c>, where the bytes are "ssh-rsa", the exponent and the modulus (RFC 4253 6.6).</summary>
public static class OpenSshKey
{
    private const string Kind = "ssh-rsa";

    // Implementation limit: a key of 8192 bits has 1400 characters.
    private const int MaxTextBytes = 4096;

    /// <summary>Writes a key, without a comment.</summary>
    public static string ToText(RsaPssKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var blob = new List<byte>();
        Append(blob, Encoding.ASCII.GetBytes(Kind));
        Append(blob, Positive(key.Exponent.Span));
        Append(blob, Positive(key.Modulus.Span));
        return $"{Kind} {Convert.ToBase64String(blob.ToArray())}";
    }

    /// <summary>Reads a key; a comment behind it is ignored.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out RsaPssKey? key)
    {
        key = null;
        if (text.Length > MaxTextBytes)
            return false;
        var words = Encoding.Latin1.GetString(text).Split(' ', 3);
        var blob = new byte[MaxTextBytes];
        if (words.Length < 2 || words[0] != Kind || !Convert.TryFromBase64String(words[1], blob, out var count))
            return false;
        var rest = blob.AsSpan(0, count);
        return TryTake(ref rest, out var kind) && kind.SequenceEqual("ssh-rsa"u8)
            && TryTake(ref rest, out var exponent) && TryTake(ref rest, out var modulus) && rest.IsEmpty
            && RsaPssKey.TryCreate(modulus, exponent, out key);
    }

    private static bool TryTake(ref Span<byte> rest, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (rest.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(rest) is var length && length > rest.Length - 4)
            return false;
        field = rest.Slice(4, (int)length);
        rest = rest[(4 + (int)length)..];
        return true;
    }

    private static void Append(List<byte> blob, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, field.Length);
        blob.AddRange(length);
        blob.AddRange(field);
    }

    // A number whose first bit is set would read as negative.
    private static byte[] Positive(ReadOnlySpan<byte> number) => number[0] < 0x80 ? number.ToArray() : [0, .. number];
}
