using System.Text;

namespace PeerNet.Multiformats;

/// <summary>A name without slashes: host names, server names, interface names. Neither case nor IDNA form is touched.</summary>
internal sealed class NameFormat : ValueFormat
{
    public static readonly NameFormat Host = new("a host name such as example.com");
    public static readonly NameFormat Zone = new("the name or number of a network interface such as eth0");

    private NameFormat(string expected)
        : base(Variable, expected)
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
        => TryParseUtf8(text, destination, out written);

    public override bool IsValid(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.Contains((byte)'/');

    // Bytes that are not UTF-8 are carried, as go does, but their text holds U+FFFD and reads back as something else.
    public override string Format(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value);

    /// <summary>Writes non-empty text as UTF-8; a lone surrogate has no UTF-8 form.</summary>
    public static bool TryParseUtf8(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        return !text.IsEmpty
            && System.Text.Unicode.Utf8.FromUtf16(text, destination, out _, out written, replaceInvalidSequences: false)
                == System.Buffers.OperationStatus.Done;
    }
}

/// <summary>
/// A socket path: the rest of the address. As in go the stored value keeps its leading slash (rust and js leave it
/// out), has at least one more character and no slash at the end.
/// </summary>
internal sealed class UnixPathFormat : ValueFormat
{
    public static readonly UnixPathFormat Instance = new();

    private UnixPathFormat()
        : base(Variable, "a path such as /unix/run/peer.sock")
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
        => NameFormat.TryParseUtf8(text, destination, out written) && IsValid(destination[..written]);

    public override bool IsValid(ReadOnlySpan<byte> value) => value.Length >= 2 && value[0] == '/' && value[^1] != '/';

    public override string Format(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value);
}

/// <summary>
/// An HTTP path: any bytes, in text escaped like a query (a space is <c>+</c>), as go does. rust and js escape a space
/// as <c>%20</c>, which we read too.
/// </summary>
internal sealed class HttpPathFormat : ValueFormat
{
    public static readonly HttpPathFormat Instance = new();

    private HttpPathFormat()
        : base(Variable, "a percent-encoded path such as api%2Fv1")
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        // The unescaped bytes are never more than the UTF-8 form, so unescaping works in place.
        if (!NameFormat.TryParseUtf8(text, destination, out var length))
            return false;
        for (var read = 0; read < length; read++)
        {
            var b = destination[read];
            if (b == '%')
            {
                if (read + 2 >= length || Convert.FromHexString(destination.Slice(read + 1, 2), destination[written..], out _, out _)
                    != System.Buffers.OperationStatus.Done)
                {
                    return false;
                }

                written++;
                read += 2;
            }
            else
            {
                destination[written++] = b == '+' ? (byte)' ' : b;
            }
        }

        return true;
    }

    public override bool IsValid(ReadOnlySpan<byte> value) => !value.IsEmpty;

    public override string Format(ReadOnlySpan<byte> value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var b in value)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~')
                text.Append((char)b);
            else if (b == ' ')
                text.Append('+');
            else
                text.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}
