namespace PeerNet.Hivemind.Moe;

/// <summary>Names, periods and limits of Hivemind's mixture of experts.</summary>
public static class MoeProtocol
{
    // Specification (hivemind/moe/expert_uid.py, server/dht_handler.py, server/connection_handler.py, client/expert.py, client/beam_search.py).

    /// <summary>The class whose methods a server of experts serves.</summary>
    public const string HandlerClass = "ConnectionHandler";

    /// <summary>Between the parts of an expert's uid.</summary>
    public const char Delimiter = '.';

    /// <summary>The coordinate under which an expert with one index is announced.</summary>
    public const int FlatExpert = -1;

    /// <summary>How often a server announces its experts anew.</summary>
    public static readonly TimeSpan UpdatePeriod = TimeSpan.FromSeconds(30);

    /// <summary>How long a prefix that was not found counts as missing for all.</summary>
    public static readonly TimeSpan NegativeCacheTime = TimeSpan.FromSeconds(300);

    /// <summary>The most bytes of tensors that travel in a unary call; more take a stream.</summary>
    internal const int MaxUnaryBytes = 2 * 1024 * 1024;

    /// <summary>The most bytes of a tensor in one message of a stream.</summary>
    internal const int ChunkBytes = 4 * 1024 * 1024;

    // Implementation limits.

    /// <summary>Characters of a uid or of a prefix.</summary>
    public const int MaxUidLength = 1024;

    /// <summary>Indices of a uid.</summary>
    public const int MaxDimensions = 32;

    /// <summary>Successors of one prefix that are kept.</summary>
    public const int MaxSuccessors = 4096;

    /// <summary>Tensors of one call.</summary>
    internal const int MaxTensors = 256;

    /// <summary>Bytes of the metadata of one call.</summary>
    internal const int MaxMetadataBytes = 1024 * 1024;

    /// <summary>How long an announcement lives that is renewed with a period.</summary>
    public static TimeSpan LifetimeFor(TimeSpan updatePeriod) => 2 * updatePeriod > TimeSpan.FromSeconds(3) ? 2 * updatePeriod : TimeSpan.FromSeconds(3);
}
