using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PeerNet.Hivemind.Moe;

/// <summary>
/// The name of an expert: a name without a dot, then one or more indices, each after a dot and without leading zeros, such as
/// <c>ffn.5.6.7</c>.
/// </summary>
public sealed record ExpertUid : IComparable<ExpertUid>
{
    private ExpertUid(string text, string name, int[] coordinates)
    {
        Text = text;
        Name = name;
        Coordinates = coordinates;
    }

    /// <summary>The whole uid.</summary>
    public string Text { get; }

    /// <summary>What stands before the first dot.</summary>
    public string Name { get; }

    /// <summary>The indices.</summary>
    public IReadOnlyList<int> Coordinates { get; }

    /// <summary>Reads a uid.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ExpertUid? uid)
    {
        ArgumentNullException.ThrowIfNull(text);
        uid = ExpertGrammar.TrySplit(text, out var name, out var coordinates) && coordinates.Length > 0 ? new ExpertUid(text, name, coordinates) : null;
        return uid is not null;
    }

    /// <summary>Reads a uid.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static ExpertUid Parse(string text) => TryParse(text, out var uid) ? uid : throw new FormatException($"'{text}' is no uid of an expert.");

    /// <inheritdoc />
    public bool Equals(ExpertUid? other) => other is not null && Text == other.Text;

    /// <inheritdoc />
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public int CompareTo(ExpertUid? other) => string.CompareOrdinal(Text, other?.Text);

    /// <inheritdoc />
    public override string ToString() => Text;

    /// <summary>The prefixes under which the expert is announced, each with the coordinate that leads on from there.</summary>
    internal IEnumerable<(ExpertPrefix Prefix, int Next)> Announcements()
    {
        if (Coordinates.Count == 1)
            yield return (ExpertPrefix.Of(Name, Coordinates), MoeProtocol.FlatExpert);
        for (var length = Coordinates.Count - 1; length >= 1; length--)
            yield return (ExpertPrefix.Of(Name, Coordinates.Take(length)), Coordinates[length]);
    }

    /// <summary>Whether <paramref name="left"/> comes first.</summary>
    public static bool operator <(ExpertUid left, ExpertUid right) => Comparer<ExpertUid>.Default.Compare(left, right) < 0;

    /// <summary>Whether <paramref name="left"/> comes later.</summary>
    public static bool operator >(ExpertUid left, ExpertUid right) => Comparer<ExpertUid>.Default.Compare(left, right) > 0;

    /// <summary>Whether <paramref name="left"/> does not come later.</summary>
    public static bool operator <=(ExpertUid left, ExpertUid right) => Comparer<ExpertUid>.Default.Compare(left, right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not come first.</summary>
    public static bool operator >=(ExpertUid left, ExpertUid right) => Comparer<ExpertUid>.Default.Compare(left, right) >= 0;
}

/// <summary>The beginning of uids: a name and any number of indices, then a dot, such as <c>ffn.5.6.</c> or <c>ffn.</c>.</summary>
public sealed record ExpertPrefix
{
    private ExpertPrefix(string text, string name, int[] coordinates)
    {
        Text = text;
        Name = name;
        Coordinates = coordinates;
    }

    /// <summary>The whole prefix, with the dot at its end: the key in the table.</summary>
    public string Text { get; }

    /// <summary>What stands before the first dot.</summary>
    public string Name { get; }

    /// <summary>The indices.</summary>
    public IReadOnlyList<int> Coordinates { get; }

    /// <summary>Reads a prefix.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ExpertPrefix? prefix)
    {
        ArgumentNullException.ThrowIfNull(text);
        prefix = text.EndsWith(MoeProtocol.Delimiter) && ExpertGrammar.TrySplit(text[..^1], out var name, out var coordinates) ? new ExpertPrefix(text, name, coordinates) : null;
        return prefix is not null;
    }

    /// <summary>Reads a prefix.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static ExpertPrefix Parse(string text) => TryParse(text, out var prefix) ? prefix : throw new FormatException($"'{text}' is no prefix of experts.");

    /// <summary>The prefix that is one index longer.</summary>
    public ExpertPrefix Extend(int coordinate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(coordinate);
        return Of(Name, [.. Coordinates, coordinate]);
    }

    /// <inheritdoc />
    public bool Equals(ExpertPrefix? other) => other is not null && Text == other.Text;

    /// <inheritdoc />
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => Text;

    internal static ExpertPrefix Of(string name, IEnumerable<int> coordinates)
    {
        int[] all = [.. coordinates];
        return new ExpertPrefix(string.Join(MoeProtocol.Delimiter, [name, .. all.Select(c => c.ToString(CultureInfo.InvariantCulture)), ""]), name, all);
    }
}

/// <summary>The grammar that uids and prefixes share.</summary>
internal static class ExpertGrammar
{
    public static bool TrySplit(string text, out string name, out int[] coordinates)
    {
        coordinates = [];
        name = "";
        if (text.Length > MoeProtocol.MaxUidLength)
            return false;
        var parts = text.Split(MoeProtocol.Delimiter);
        if (parts[0].Length == 0 || parts.Length > MoeProtocol.MaxDimensions + 1)
            return false;
        var numbers = new int[parts.Length - 1];
        for (var i = 0; i < numbers.Length; i++)
        {
            var part = parts[i + 1];

            // The parser takes zero characters behind a number.
            if (part.AsSpan().ContainsAnyExceptInRange('0', '9') || !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]) || (part.Length > 1 && part[0] == '0'))
                return false;
        }

        name = parts[0];
        coordinates = numbers;
        return true;
    }
}
