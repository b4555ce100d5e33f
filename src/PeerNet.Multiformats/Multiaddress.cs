using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PeerNet.Multiformats;

/// <summary>
/// A self-describing network address: one or more components, read left to right. Immutable and safe to share; equal
/// when the binary forms are, whatever the spelling of the text.
/// </summary>
/// <remarks>
/// <para>
/// Every instance is well formed: known codes with valid values, at most <see cref="MaxBytes"/> long. Only
/// <see cref="TryDecodeLenient"/> makes one whose tail has an unknown code; it is carried byte for byte, says
/// <see cref="HasUnknown"/>, prints the tail as <c>/0xCODE/uBASE64URL</c> and has no text that reads back.
/// </para>
/// <para>Spec: multiformats/multiaddr; where implementations differ this follows go (see the folder's README).</para>
/// </remarks>
public sealed partial class Multiaddress : IEquatable<Multiaddress>, IParsable<Multiaddress>
{
    // Implementation limits.

    /// <summary>
    /// The longest binary form, in bytes. A WebTransport address behind a relay with two certificate hashes takes a
    /// quarter of it.
    /// </summary>
    public const int MaxBytes = 1024;

    /// <summary>The longest text read: the most that <see cref="MaxBytes"/> can print, rounded up (512 times <c>/p2p-webrtc-direct</c>).</summary>
    public const int MaxTextLength = 16 * 1024;

    private readonly byte[] _bytes;
    private string? _text;

    private Multiaddress(byte[] bytes)
    {
        _bytes = bytes;
        var count = 0;
        var reader = new MultiaddressReader(bytes);
        while (!reader.AtEnd && reader.TryReadNext())
            count++;

        var components = ImmutableArray.CreateBuilder<MultiaddressComponent>(count);
        reader = new MultiaddressReader(bytes);
        while (!reader.AtEnd && reader.TryReadNext())
        {
            components.Add(new MultiaddressComponent(reader.Code, bytes.AsMemory(reader.ValueOffset, reader.ValueLength)));
            HasUnknown |= reader.Protocol is null;
        }

        Components = components.MoveToImmutable();
    }

    /// <summary>The binary form.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The components in order; never empty.</summary>
    public ImmutableArray<MultiaddressComponent> Components { get; }

    /// <summary>Number of components.</summary>
    public int Count => Components.Length;

    /// <summary>Whether the last component has a code this library does not know and holds all that followed it.</summary>
    public bool HasUnknown { get; }

    /// <summary>Decodes the binary form; false when it is empty, too long, malformed or has an unknown code.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Multiaddress? address)
        => TryDecode(bytes, keepUnknown: false, out address);

    /// <summary>
    /// Decodes as <see cref="TryDecode(ReadOnlySpan{byte}, out Multiaddress?)"/>, but keeps an unknown code after the
    /// first component, with everything behind it, as one opaque component. For lists that are stored or handed on.
    /// </summary>
    public static bool TryDecodeLenient(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Multiaddress? address)
        => TryDecode(bytes, keepUnknown: true, out address);

    /// <summary>Whether <see cref="TryDecode(ReadOnlySpan{byte}, out Multiaddress?)"/> would succeed, without making the object.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) => IsValid(bytes, keepUnknown: false);

    /// <summary>Puts components together.</summary>
    /// <exception cref="ArgumentException">No component, an invalid value, something behind a path, or too long.</exception>
    public static Multiaddress Create(params ReadOnlySpan<MultiaddressComponent> components)
        => TryCreate(components, out var address)
            ? address
            : throw new ArgumentException("The components are not a well formed multiaddr.", nameof(components));

    /// <summary>Puts components together; false where <see cref="Create"/> throws.</summary>
    public static bool TryCreate(ReadOnlySpan<MultiaddressComponent> components, [NotNullWhen(true)] out Multiaddress? address)
    {
        address = null;
        var writer = new MultiaddressWriter(stackalloc byte[MaxBytes]);
        foreach (var component in components)
        {
            if (component.Code > Varint.MaxValue || !writer.TryWrite(component.Code, component.Value.Span))
                return false;
        }

        return TryDecodeLenient(writer.Written, out address);
    }

    /// <inheritdoc/>
    public bool Equals(Multiaddress? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Multiaddress);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>The canonical text.</summary>
    public override string ToString() => _text ??= Format();

    /// <summary>Compares the binary forms.</summary>
    public static bool operator ==(Multiaddress? left, Multiaddress? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Compares the binary forms.</summary>
    public static bool operator !=(Multiaddress? left, Multiaddress? right) => !(left == right);

    private string Format()
    {
        var text = new StringBuilder(_bytes.Length * 2);
        foreach (var component in Components)
            component.AppendTo(text);
        return text.ToString();
    }

    private static bool TryDecode(ReadOnlySpan<byte> bytes, bool keepUnknown, [NotNullWhen(true)] out Multiaddress? address)
    {
        address = IsValid(bytes, keepUnknown) ? new Multiaddress(bytes.ToArray()) : null;
        return address is not null;
    }

    private static bool IsValid(ReadOnlySpan<byte> bytes, bool keepUnknown)
    {
        if (bytes.IsEmpty || bytes.Length > MaxBytes)
            return false;
        var reader = new MultiaddressReader(bytes);
        for (var first = true; !reader.AtEnd; first = false)
        {
            if (!reader.TryReadNext())
                return false;
            if (reader.Protocol is not { } protocol)
                return keepUnknown && !first;
            if (!protocol.Format.IsValid(reader.Value) || (protocol.IsPath && !reader.AtEnd))
                return false;
        }

        return true;
    }
}
