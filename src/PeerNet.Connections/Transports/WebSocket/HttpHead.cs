using System.Buffers;
using System.Text;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// The head of an HTTP/1.1 message (RFC 9112): a start line and header fields, up to the empty line. It only looks at the bytes it is given:
/// nothing is copied.
/// </summary>
internal readonly ref struct HttpHead
{
    // Implementation limits: what servers at large accept; an upgrade needs a tenth of it.

    /// <summary>The longest head, its empty line included.</summary>
    public const int MaxBytes = 8 * 1024;

    /// <summary>The most header fields.</summary>
    public const int MaxFields = 64;

    // RFC 9110, section 5.6.2: the characters of a token.
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // RFC 9110, section 5.5: a field's value has neither of these; what follows a bare CR or LF would be read as another field by others.
    private static readonly SearchValues<byte> Forbidden = SearchValues.Create("\r\n\0"u8);

    private readonly ReadOnlySpan<byte> _fields;

    private HttpHead(ReadOnlySpan<byte> startLine, ReadOnlySpan<byte> fields)
    {
        StartLine = startLine;
        _fields = fields;
    }

    /// <summary>The first line, without its end.</summary>
    public ReadOnlySpan<byte> StartLine { get; }

    /// <summary>Reads a head from the front of <paramref name="source"/>.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="head">The head, looking into <paramref name="source"/>.</param>
    /// <param name="consumed">Bytes of the head with its empty line, 0 unless the result is <see cref="OperationStatus.Done"/>.</param>
    /// <param name="fault">Why the data is invalid.</param>
    public static OperationStatus TryParse(ReadOnlySpan<byte> source, out HttpHead head, out int consumed, out string? fault)
    {
        head = default;
        consumed = 0;
        fault = null;
        var window = source.Length > MaxBytes ? source[..MaxBytes] : source;
        var end = window.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            if (source.Length < MaxBytes)
                return OperationStatus.NeedMoreData;
            fault = $"the head is longer than {MaxBytes} bytes";
            return OperationStatus.InvalidData;
        }

        var lines = window[..(end + 2)];
        var startEnd = lines.IndexOf("\r\n"u8);
        var startLine = lines[..startEnd];
        var fields = lines[(startEnd + 2)..];
        fault = startLine.IsEmpty || startLine.ContainsAny(Forbidden) ? "the start line is malformed" : Fault(fields);
        if (fault is not null)
            return OperationStatus.InvalidData;
        head = new HttpHead(startLine, fields);
        consumed = end + 4;
        return OperationStatus.Done;
    }

    /// <summary>The value of a field that may stand once; false when it is absent or repeated.</summary>
    public bool TryGetSingle(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var count = 0;
        var rest = _fields;
        while (!rest.IsEmpty)
        {
            rest = Next(rest, out var candidate, out var candidateValue);
            if (Ascii.EqualsIgnoreCase(candidate, name))
            {
                value = candidateValue;
                count++;
            }
        }

        return count == 1;
    }

    /// <summary>Whether a field is there at all.</summary>
    public bool Has(ReadOnlySpan<byte> name)
    {
        var rest = _fields;
        while (!rest.IsEmpty)
        {
            rest = Next(rest, out var candidate, out _);
            if (Ascii.EqualsIgnoreCase(candidate, name))
                return true;
        }

        return false;
    }

    /// <summary>Whether a field that lists tokens has one of them.</summary>
    public bool HasToken(ReadOnlySpan<byte> name, ReadOnlySpan<byte> token)
    {
        var rest = _fields;
        while (!rest.IsEmpty)
        {
            rest = Next(rest, out var candidate, out var list);
            if (!Ascii.EqualsIgnoreCase(candidate, name))
                continue;
            foreach (var range in list.Split((byte)','))
            {
                if (Ascii.EqualsIgnoreCase(list[range].Trim(" \t"u8), token))
                    return true;
            }
        }

        return false;
    }

    private static string? Fault(ReadOnlySpan<byte> fields)
    {
        var count = 0;
        while (!fields.IsEmpty)
        {
            if (++count > MaxFields)
                return $"there are more than {MaxFields} header fields";
            var line = fields[..fields.IndexOf("\r\n"u8)];
            var colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenBytes) || line.ContainsAny(Forbidden))
                return "a header field is malformed";
            fields = fields[(line.Length + 2)..];
        }

        return null;
    }

    /// <summary>Takes the first field off and returns the others.</summary>
    private static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> fields, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var line = fields[..fields.IndexOf("\r\n"u8)];
        var colon = line.IndexOf((byte)':');
        name = line[..colon];
        value = line[(colon + 1)..].Trim(" \t"u8);
        return fields[(line.Length + 2)..];
    }
}
