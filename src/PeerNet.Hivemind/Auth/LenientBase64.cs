using System.Text;

namespace PeerNet.Hivemind.Auth;

/// <summary>Base64 as Python reads it by default: what is outside the alphabet is skipped, the padding must be right.</summary>
internal static class LenientBase64
{
    public static bool TryDecode(ReadOnlySpan<byte> text, out byte[] bytes)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var b in text)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'+' or (byte)'/' or (byte)'=')
                kept.Append((char)b);
        }

        bytes = new byte[kept.Length];
        var isGood = Convert.TryFromBase64String(kept.ToString(), bytes, out var count);
        bytes = isGood ? bytes[..count] : [];
        return isGood;
    }
}
