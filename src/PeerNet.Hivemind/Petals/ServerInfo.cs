namespace PeerNet.Hivemind.Petals;

/// <summary>What a server announces of itself under each of its blocks. Immutable; equal when all fields are.</summary>
public sealed record ServerInfo
{
    /// <summary>What it does.</summary>
    public required ServerState State { get; init; }

    /// <summary>Requests per second that it promises: finite and not negative.</summary>
    public required double Throughput { get; init; }

    /// <summary>Its first block.</summary>
    public int? StartBlock { get; init; }

    /// <summary>The block behind its last one.</summary>
    public int? EndBlock { get; init; }

    /// <summary>A name to show.</summary>
    public string? PublicName { get; init; }

    /// <summary>The version of its program.</summary>
    public string? Version { get; init; }

    /// <summary>Requests per second that its network carries.</summary>
    public double? NetworkRps { get; init; }

    /// <summary>Requests per second of a forward pass through one block.</summary>
    public double? ForwardRps { get; init; }

    /// <summary>Steps per second of inference through one block.</summary>
    public double? InferenceRps { get; init; }

    /// <summary>Names of the adapters that it has loaded.</summary>
    public IReadOnlyList<string> Adapters { get; init; } = [];

    /// <summary>The type of its weights, such as <c>float16</c>.</summary>
    public string? TorchDtype { get; init; }

    /// <summary>How its weights are quantized, such as <c>nf4</c>.</summary>
    public string? QuantType { get; init; }

    /// <summary>Whether it is reached through a relay.</summary>
    public bool? UsingRelay { get; init; }

    /// <summary>Tokens for which its cache has room.</summary>
    public int? CacheTokensLeft { get; init; }

    /// <summary>Round trips in seconds to servers of the blocks behind its own, by their peer ids in base58; infinite for one that did not answer.</summary>
    public IReadOnlyDictionary<string, double>? NextPings { get; init; }

    /// <inheritdoc />
    public bool Equals(ServerInfo? other) => other is not null && ServerInfoCodec.Encode(this).Equals(ServerInfoCodec.Encode(other));

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(State, Throughput, StartBlock, EndBlock, CacheTokensLeft);
}
