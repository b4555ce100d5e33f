namespace PeerNet.Hivemind.Petals;

/// <summary>What a <see cref="SwarmMap"/> saw at its last look. Immutable.</summary>
/// <param name="ReadAt">When; null before the first look.</param>
/// <param name="Models">The models by prefix.</param>
public sealed record SwarmView(DateTimeOffset? ReadAt, IReadOnlyDictionary<string, ModelMap> Models);
