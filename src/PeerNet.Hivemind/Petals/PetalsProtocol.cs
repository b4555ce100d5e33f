namespace PeerNet.Hivemind.Petals;

/// <summary>Keys, periods and limits of Petals' records.</summary>
public static class PetalsProtocol
{
    // Specification (petals/data_structures.py, utils/dht.py, server/server.py).

    /// <summary>The key of the registry of models.</summary>
    public const string ModelsKey = "_petals.models";

    /// <summary>Between a model's prefix and the number of a block.</summary>
    public const char Delimiter = '.';

    /// <summary>The class whose methods a server serves.</summary>
    public const string HandlerClass = "TransformerConnectionHandler";

    /// <summary>How often a server announces its blocks anew.</summary>
    public static readonly TimeSpan UpdatePeriod = TimeSpan.FromSeconds(120);

    /// <summary>The shortest life of an announcement.</summary>
    internal static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(3);

    /// <summary>How long a measured round trip counts.</summary>
    internal static readonly TimeSpan PingLifetime = TimeSpan.FromSeconds(300);

    /// <summary>The share of a new round trip in the average.</summary>
    internal const double PingAlpha = 0.2;

    // Implementation limits: what strangers write is kept only this far.

    /// <summary>Blocks of a model that are looked at. The largest models have about 130.</summary>
    public const int MaxBlocks = 1024;

    /// <summary>Models of the registry that are looked at.</summary>
    public const int MaxModels = 256;

    /// <summary>Servers of one block that are kept.</summary>
    public const int MaxServersPerBlock = 2048;

    /// <summary>Adapters and round trips of one announcement; Petals announces at most ten round trips.</summary>
    internal const int MaxListItems = 256;

    /// <summary>Characters of a name or of a version.</summary>
    internal const int MaxTextLength = 1024;

    /// <summary>Keys of one lookup.</summary>
    internal const int KeysPerLookup = 64;

    /// <summary>How long an announcement lives that is renewed with a period.</summary>
    public static TimeSpan LifetimeFor(TimeSpan updatePeriod) => 2 * updatePeriod > MinLifetime ? 2 * updatePeriod : MinLifetime;
}
