namespace PeerNet.Hivemind.Petals;

/// <summary>What a <see cref="SwarmMap"/> looks at, and how often. Immutable.</summary>
public sealed record SwarmMapOptions
{
    /// <summary>The defaults.</summary>
    public static SwarmMapOptions Default { get; } = new();

    /// <summary>Prefixes of the models to look at; null looks at all that are registered.</summary>
    public IReadOnlyCollection<string>? Models { get; init; }

    /// <summary>Blocks of models in <see cref="Models"/> that the registry does not know, by prefix.</summary>
    public IReadOnlyDictionary<string, int> UnregisteredBlockCounts { get; init; } = new Dictionary<string, int>();

    /// <summary>The time from one look to the next. Petals' clients look every 60 seconds, and servers announce every 120.</summary>
    public TimeSpan RefreshPeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest that one look may take; what it has not found by then stays as it was.</summary>
    public TimeSpan RefreshTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
