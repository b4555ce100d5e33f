using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PeerNet.Hivemind.Petals;

/// <summary>The name of one block of a model: the model's prefix, a dot and the block's number.</summary>
public sealed record ModuleUid
{
    /// <summary>Names a block.</summary>
    /// <exception cref="ArgumentException">The prefix is empty or has a dot or a space.</exception>
    public ModuleUid(string prefix, int block)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        if (!IsPrefix(prefix))
            throw new ArgumentException("A model's prefix has neither a dot nor a space.", nameof(prefix));
        Prefix = prefix;
        Block = block;
    }

    /// <summary>The model's prefix in the table.</summary>
    public string Prefix { get; }

    /// <summary>The block's number, from zero.</summary>
    public int Block { get; }

    /// <summary>Whether a text can stand before the number.</summary>
    public static bool IsPrefix(string text) => !string.IsNullOrEmpty(text) && text.Length <= PetalsProtocol.MaxTextLength && !text.AsSpan().ContainsAny('.', ' ');

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ModuleUid? uid)
    {
        ArgumentNullException.ThrowIfNull(text);
        uid = null;
        var dot = text.IndexOf(PetalsProtocol.Delimiter, StringComparison.Ordinal);

        // The parser takes zero characters behind a number.
        if (dot <= 0 || !IsPrefix(text[..dot]) || text.AsSpan(dot + 1).ContainsAnyExceptInRange('0', '9') || !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var block))
            return false;
        uid = new ModuleUid(text[..dot], block);
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}.{Block}");
}
