using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>
/// What a row of the report is about, and the rows of the same table it is held against: a pure pair against go's and rust's own, a mixed pair
/// against the slower of its two pure ones.
/// </summary>
internal sealed record BenchSubject(string Name)
{
    /// <summary>The name of a mixed pair's ratio.</summary>
    public const string Slower = "slower";

    /// <summary>Subjects whose ratio is given, by the name of the ratio. Of several subjects the slower one counts.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> References { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    public static BenchSubject Pair(PeerKind from, PeerKind to) => from == to
        ? new(Pure(from)) { References = Others(from).ToDictionary(Lower, other => (IReadOnlyList<string>)[Pure(other)]) }
        : new($"{Lower(from)} > {Lower(to)}") { References = new Dictionary<string, IReadOnlyList<string>> { [Slower] = [Pure(from), Pure(to)] } };

    public static BenchSubject Single(PeerKind kind)
        => new(Lower(kind)) { References = Others(kind).ToDictionary(Lower, other => (IReadOnlyList<string>)[Lower(other)]) };

    public static string Lower(PeerKind kind) => kind.ToString().ToLowerInvariant();

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string Pure(PeerKind kind) => $"{Lower(kind)} > {Lower(kind)}";

    private static IEnumerable<PeerKind> Others(PeerKind kind) => kind == PeerKind.PeerNet ? [PeerKind.Go, PeerKind.Rust] : [];
}
