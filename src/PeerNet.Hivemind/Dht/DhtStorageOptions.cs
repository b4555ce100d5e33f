namespace PeerNet.Hivemind.Dht;

/// <summary>Limits of a storage in memory. Immutable.</summary>
public sealed record DhtStorageOptions
{
    /// <summary>The defaults.</summary>
    public static DhtStorageOptions Default { get; } = new();

    /// <summary>The most keys.</summary>
    public int MaxKeys { get; init; } = 65_536;

    /// <summary>The most bytes of all records, with what they cost beside their values.</summary>
    public long MaxBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>The most bytes that records of one peer may take.</summary>
    public long MaxBytesPerPeer { get; init; } = 16L * 1024 * 1024;

    /// <summary>The most bytes of one key, all of its subkeys together: an answer must fit into a frame.</summary>
    public int MaxBytesPerKey { get; init; } = 2 * 1024 * 1024;
}
