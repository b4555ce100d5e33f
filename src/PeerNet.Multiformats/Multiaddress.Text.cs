using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Multiformats;

// Reading text.
public sealed partial class Multiaddress
{
    /// <summary>Parses the text form, such as <c>/ip4/192.0.2.1/tcp/4001</c>.</summary>
    /// <exception cref="FormatException">The message is one line: the text, the position, the problem and the expected form.</exception>
    public static Multiaddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out Multiaddress? address, out string? error) ? address : throw new FormatException(error);
    }

    /// <summary>Parses the text form; white space around it is not trimmed here.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Multiaddress? address)
        => TryParse(text, out address, out string? _);

    /// <summary>Parses the text form, or says in one line what is wrong with it.</summary>
    public static bool TryParse(
        [NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out Multiaddress? address,
        [NotNullWhen(false)] out string? error)
    {
        address = null;
        var writer = new MultiaddressWriter(stackalloc byte[MaxBytes]);
        if (!MultiaddressParser.TryParse(text, ref writer, out error))
            return false;
        address = new Multiaddress(writer.Written.ToArray());
        return true;
    }

    /// <inheritdoc/>
    static Multiaddress IParsable<Multiaddress>.Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    static bool IParsable<Multiaddress>.TryParse(
        [NotNullWhen(true)] string? s,
        IFormatProvider? provider,
        [MaybeNullWhen(false)] out Multiaddress result)
        => TryParse(s, out result);
}
