namespace PeerNet.Multiformats;

/// <summary>How the value of one multiaddr protocol is written as bytes and as text.</summary>
internal abstract class ValueFormat
{
    /// <summary><see cref="Size"/> of a value that carries its own length.</summary>
    public const int Variable = -1;

    protected ValueFormat(int size, string expected)
    {
        Size = size;
        Expected = expected;
    }

    /// <summary>Bytes of the value, or <see cref="Variable"/>.</summary>
    public int Size { get; }

    /// <summary>What a well formed text looks like, for error messages.</summary>
    public string Expected { get; }

    /// <summary>Writes the bytes of a text; false when the text is malformed or does not fit.</summary>
    public abstract bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written);

    /// <summary>Whether bytes of the right length are a value.</summary>
    public abstract bool IsValid(ReadOnlySpan<byte> value);

    /// <summary>The canonical text of a valid value.</summary>
    public abstract string Format(ReadOnlySpan<byte> value);

    /// <summary>Advice for a malformed text that looks like a known mistake, or null.</summary>
    public virtual string? HintFor(ReadOnlySpan<char> text) => null;

    protected static bool TryCopy(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        written = source.Length;
        return source.TryCopyTo(destination);
    }
}

/// <summary>A protocol without a value.</summary>
internal sealed class FlagFormat : ValueFormat
{
    public static readonly FlagFormat Instance = new();

    private FlagFormat()
        : base(0, "no value")
    {
    }

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        return text.IsEmpty;
    }

    public override bool IsValid(ReadOnlySpan<byte> value) => value.IsEmpty;

    public override string Format(ReadOnlySpan<byte> value) => "";
}
