using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace PeerNet.Multiformats;

/// <summary>Reads the text form, and says in one line what is wrong with it.</summary>
internal static class MultiaddressParser
{
    private const int MaxExcerptLength = 120;

    /// <summary>Writes the binary form of <paramref name="text"/>, or explains why there is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, scoped ref MultiaddressWriter writer, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (text.Length > Multiaddress.MaxTextLength)
        {
            error = $"A multiaddr has at most {Multiaddress.MaxTextLength} characters, this text has {text.Length}.";
            return false;
        }

        // As in go, slashes at the end carry no meaning.
        var address = text.TrimEnd('/');
        if (address.IsEmpty)
            return Fail(out error, text, 0, "the address is empty", "at least one component such as /ip4/192.0.2.1");
        if (address[0] != '/')
            return Fail(out error, text, 0, "the address does not begin with a slash", ExpectedStart(address));

        Span<byte> value = stackalloc byte[Multiaddress.MaxBytes];
        var position = 0;
        while (position < address.Length)
        {
            var nameStart = position + 1;
            var name = NextSegment(address, nameStart);
            var protocol = MultiaddressProtocol.Find(name);
            if (protocol is null)
                return Fail(out error, text, nameStart, $"\"{Excerpt(name)}\" is not a protocol", ExpectedName(name));
            position = nameStart + name.Length;

            var length = 0;
            if (protocol.Format.Size != 0)
            {
                if (position == address.Length)
                    return Fail(out error, text, position, $"/{name} lacks its value", protocol.Format.Expected);
                // A path value keeps the slash in front of it and runs to the end.
                var valueStart = protocol.IsPath ? position : position + 1;
                var valueText = protocol.IsPath ? address[valueStart..] : NextSegment(address, valueStart);
                if (!protocol.Format.TryParse(valueText, value, out length))
                {
                    var expected = protocol.Format.HintFor(valueText) is { } hint
                        ? $"{protocol.Format.Expected} ({Excerpt(hint)})"
                        : protocol.Format.Expected;
                    return Fail(out error, text, valueStart, $"\"{Excerpt(valueText)}\" is no value of /{name}", expected);
                }

                position = valueStart + valueText.Length;
            }

            if (!writer.TryWrite(protocol.Code, value[..length]))
                return Fail(out error, text, nameStart, "the address is too long", $"at most {Multiaddress.MaxBytes} bytes in binary form");
        }

        return true;
    }

    private static ReadOnlySpan<char> NextSegment(ReadOnlySpan<char> text, int start)
    {
        var rest = text[start..];
        var end = rest.IndexOf('/');
        return end < 0 ? rest : rest[..end];
    }

    private static string ExpectedStart(ReadOnlySpan<char> address)
    {
        if (address.TrimStart().StartsWith('/'))
            return "no white space in front";
        return address.Contains('/') ? "an address alone, such as /ip4/192.0.2.1/tcp/4001" : "a form such as /ip4/192.0.2.1/tcp/4001";
    }

    private static string ExpectedName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
            return "one slash between components";
        return ushort.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? $"a protocol name such as tcp (a port is written /tcp/{port})"
            : "a protocol name such as tcp, udp, quic-v1, ws or p2p, in lower case";
    }

    private static bool Fail(out string error, ReadOnlySpan<char> text, int position, string problem, string expected)
    {
        error = $"Invalid multiaddr \"{Excerpt(text)}\": at character {position + 1}, {problem}; expected {expected}.";
        return false;
    }

    /// <summary>A bounded quotation without control characters: the text may come from anywhere and goes to terminals and logs.</summary>
    private static string Excerpt(ReadOnlySpan<char> text)
    {
        var excerpt = new StringBuilder();
        foreach (var c in text[..Math.Min(text.Length, MaxExcerptLength)])
        {
            if (char.IsControl(c) || char.IsSurrogate(c))
                excerpt.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                excerpt.Append(c);
        }

        return text.Length > MaxExcerptLength ? excerpt.Append('…').ToString() : excerpt.ToString();
    }
}
