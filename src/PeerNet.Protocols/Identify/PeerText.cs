using System.Globalization;
using System.Text;

namespace PeerNet.Protocols.Identify;

/// <summary>Makes a peer's text safe to keep, to log and to show.</summary>
internal static class PeerText
{
    /// <summary>
    /// Decodes UTF-8 and replaces what is none, as well as control, format and line-separating characters, which could forge a log line or
    /// turn text around on a terminal. Cuts at <paramref name="maxLength"/> characters, never inside a surrogate pair.
    /// </summary>
    public static string Clean(ReadOnlySpan<byte> utf8, int maxLength)
    {
        var text = new StringBuilder(Math.Min(utf8.Length, maxLength));
        while (!utf8.IsEmpty)
        {
            Rune.DecodeFromUtf8(utf8, out var rune, out var consumed);
            utf8 = utf8[consumed..];
            var shown = IsHarmless(rune) ? rune : Rune.ReplacementChar;
            if (text.Length + shown.Utf16SequenceLength > maxLength)
                break;
            text.Append(shown.ToString());
        }

        return text.ToString();
    }

    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
