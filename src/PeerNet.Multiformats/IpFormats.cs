using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PeerNet.Multiformats;

/// <summary>Dotted decimal; also reads an IPv4-mapped IPv6 text as the IPv4 address it stands for, as go does.</summary>
internal sealed class Ip4Format : ValueFormat
{
    public static readonly Ip4Format Instance = new();

    private const int Bytes = 4;

    private Ip4Format()
        : base(Bytes, "an IPv4 address such as 192.0.2.1")
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = Bytes;
        if (destination.Length < Bytes)
            return false;
        if (TryParseDotted(text, destination))
            return true;
        Span<byte> ip6 = stackalloc byte[16];
        if (!Ip6Format.Instance.TryParse(text, ip6, out _) || !Ip6Format.IsMapped(ip6))
            return false;
        ip6[12..].CopyTo(destination);
        return true;
    }

    public override bool IsValid(ReadOnlySpan<byte> value) => value.Length == Bytes;

    public override string Format(ReadOnlySpan<byte> value)
        => string.Create(CultureInfo.InvariantCulture, $"{value[0]}.{value[1]}.{value[2]}.{value[3]}");

    public override string? HintFor(ReadOnlySpan<char> text)
    {
        if (text.Contains(':'))
            return "an IPv6 address is written /ip6/ADDRESS";
        foreach (var c in text)
        {
            if (char.IsAsciiLetter(c))
                return "a host name is written /dns4/NAME";
        }

        return null;
    }

    /// <summary>Four decimal numbers, no leading zeros, nothing else: the octal and hex forms of inet_aton are not addresses here.</summary>
    public static bool TryParseDotted(ReadOnlySpan<char> text, Span<byte> destination)
    {
        var part = 0;
        var value = -1;
        foreach (var c in text)
        {
            if (c == '.')
            {
                if (value < 0 || part == Bytes - 1)
                    return false;
                destination[part++] = (byte)value;
                value = -1;
            }
            else if (char.IsAsciiDigit(c) && value != 0)
            {
                value = (Math.Max(value, 0) * 10) + (c - '0');
                if (value > byte.MaxValue)
                    return false;
            }
            else
            {
                return false;
            }
        }

        if (value < 0 || part != Bytes - 1)
            return false;
        destination[part] = (byte)value;
        return true;
    }
}

/// <summary>RFC 4291 text, printed as RFC 5952 says; zones and brackets are not part of it.</summary>
internal sealed class Ip6Format : ValueFormat
{
    public static readonly Ip6Format Instance = new();

    private const int Bytes = 16;
    private const int Groups = 8;

    private Ip6Format()
        : base(Bytes, "an IPv6 address such as 2001:db8::1")
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = Bytes;
        foreach (var c in text)
        {
            // What the platform's parser also takes, a zone, brackets, a port, a prefix length, is not in this set.
            if (!char.IsAsciiHexDigit(c) && c != ':' && c != '.')
                return false;
        }

        var tail = text.LastIndexOf(':') + 1;
        Span<byte> dotted = stackalloc byte[4];
        if (tail == 0 || (text.Contains('.') && !Ip4Format.TryParseDotted(text[tail..], dotted)))
            return false;
        return IPAddress.TryParse(text, out var address)
            && address.AddressFamily == AddressFamily.InterNetworkV6
            && address.TryWriteBytes(destination, out written);
    }

    public override bool IsValid(ReadOnlySpan<byte> value) => value.Length == Bytes;

    public override string Format(ReadOnlySpan<byte> value)
    {
        if (IsMapped(value))
            return "::ffff:" + Ip4Format.Instance.Format(value[12..]);
        var (zeroStart, zeroLength) = LongestZeroRun(value);
        var text = new StringBuilder(39);
        for (var group = 0; group < Groups; group++)
        {
            if (group == zeroStart)
            {
                text.Append("::");
                group += zeroLength - 1;
                continue;
            }

            if (text.Length > 0 && text[^1] != ':')
                text.Append(':');
            text.Append(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadUInt16BigEndian(value[(group * 2)..]):x}");
        }

        return text.ToString();
    }

    public override string? HintFor(ReadOnlySpan<char> text)
    {
        var percent = text.IndexOf('%');
        if (percent > 0)
            return $"a zone stands in front: /ip6zone/{text[(percent + 1)..]}/ip6/{text[..percent]}";
        if (text.StartsWith('['))
            return "without brackets";
        return text.Contains(':') ? null : "an IPv4 address is written /ip4/ADDRESS, a host name /dns6/NAME";
    }

    /// <summary>Whether the address is in ::ffff:0:0/96.</summary>
    public static bool IsMapped(ReadOnlySpan<byte> value)
        => value[..10].IndexOfAnyExcept((byte)0) < 0 && value[10] == 0xff && value[11] == 0xff;

    private static (int Start, int Length) LongestZeroRun(ReadOnlySpan<byte> value)
    {
        // RFC 5952 4.2: the longest run of two or more groups, the first of equals.
        var (bestStart, bestLength) = (-1, 1);
        var length = 0;
        for (var group = 0; group < Groups; group++)
        {
            length = value[group * 2] == 0 && value[(group * 2) + 1] == 0 ? length + 1 : 0;
            if (length > bestLength)
                (bestStart, bestLength) = (group - length + 1, length);
        }

        return (bestStart, bestLength);
    }
}
