using System.Globalization;
using System.Text;

namespace PeerNet.Multiformats;

/// <summary>One part of a multiaddr. Equal when code and value bytes are.</summary>
/// <param name="Code">Protocol code, one of <see cref="MultiaddressCodes"/> where <see cref="IsKnown"/>.</param>
/// <param name="Value">
/// The value without its length, empty for protocols that have none. Where the code is unknown: everything that
/// followed it in the address.
/// </param>
public readonly record struct MultiaddressComponent(ulong Code, ReadOnlyMemory<byte> Value)
{
    /// <summary>Whether the protocol table has this code.</summary>
    public bool IsKnown => MultiaddressProtocol.Find(Code) is not null;

    /// <summary>The protocol's name; of an unknown code its number, as in <c>0x7000</c>.</summary>
    public string Name => MultiaddressProtocol.Find(Code)?.Name ?? string.Create(CultureInfo.InvariantCulture, $"0x{Code:x}");

    /// <summary>The value's canonical text, empty where there is no value; of an unknown code base64url as multibase.</summary>
    /// <remarks>Meaningful on components of a <see cref="Multiaddress"/>, whose values have been checked.</remarks>
    public string ValueText => MultiaddressProtocol.Find(Code) is { } protocol
        ? protocol.Format.Format(Value.Span)
        : Value.IsEmpty ? "" : Multibase.Encode(MultibaseEncoding.Base64Url, Value.Span);

    /// <inheritdoc/>
    public bool Equals(MultiaddressComponent other) => Code == other.Code && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Code);
        hash.AddBytes(Value.Span);
        return hash.ToHashCode();
    }

    /// <summary>The component as it stands in the address: <c>/name/value</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        AppendTo(text);
        return text.ToString();
    }

    internal void AppendTo(StringBuilder text)
    {
        text.Append('/').Append(Name);
        var value = ValueText;
        // A path keeps its own leading slash.
        if (value.Length > 0 && MultiaddressProtocol.Find(Code) is not { IsPath: true })
            text.Append('/');
        text.Append(value);
    }
}
