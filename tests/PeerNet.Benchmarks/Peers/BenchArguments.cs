using System.Globalization;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>What a run is asked for.</summary>
internal sealed record BenchArguments
{
    /// <summary>Rounds to run, if there is time for them.</summary>
    public int Rounds { get; private init; } = 5;

    /// <summary>No round begins that would probably end after this; the first one always runs.</summary>
    public TimeSpan Budget { get; private init; } = TimeSpan.FromMinutes(9);

    /// <summary>Whom PeerNet stands beside.</summary>
    public IReadOnlyList<PeerKind> Others { get; private init; } = [PeerKind.Go, PeerKind.Rust];

    /// <summary>Words that all have to occur in a section, subject and measurement; none for all of them.</summary>
    public IReadOnlyList<string> Only { get; private init; } = [];

    /// <summary>Connections that are opened to see what an idle one costs.</summary>
    public IReadOnlyList<int> IdleConnections { get; private init; } = [1_000];

    /// <summary>Where the report goes, without <c>.md</c> and <c>.json</c>.</summary>
    public string Out { get; private init; } = "artifacts/figures";

    /// <exception cref="ArgumentException">A flag or its value is not known.</exception>
    public static BenchArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new BenchArguments();
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new ArgumentException($"{arguments[i]} has no value");
            parsed = arguments[i] switch
            {
                "--rounds" => parsed with { Rounds = int.Parse(value, CultureInfo.InvariantCulture) },
                "--minutes" => parsed with { Budget = TimeSpan.FromMinutes(double.Parse(value, CultureInfo.InvariantCulture)) },
                "--peers" => parsed with { Others = [.. value.Split(',').Select(kind => Enum.Parse<PeerKind>(kind, ignoreCase: true))] },
                "--only" => parsed with { Only = value.Split(' ', StringSplitOptions.RemoveEmptyEntries) },
                "--idle" => parsed with { IdleConnections = [.. value.Split(',').Select(count => int.Parse(count, CultureInfo.InvariantCulture))] },
                "--out" => parsed with { Out = value },
                _ => throw new ArgumentException($"{arguments[i]} is none of --rounds --minutes --peers --only --idle --out"),
            };
        }

        return parsed;
    }

    public bool Wants(string section, BenchSubject subject, string name)
        => Only.All(word => $"{section} {subject} {name}".Contains(word, StringComparison.Ordinal));
}
