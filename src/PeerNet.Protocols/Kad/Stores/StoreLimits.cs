namespace PeerNet.Protocols.Kad.Stores;

/// <summary>Limits of a store of records. Implementation limits.</summary>
public sealed record StoreLimits
{
    /// <summary>Defaults for values.</summary>
    public static StoreLimits Values { get; } = new();

    /// <summary>Defaults for provider records.</summary>
    public static StoreLimits Providers { get; } = new() { MaxRecords = 100_000, MaxBytesPerPeer = 2 * 1024 * 1024 };

    /// <summary>Records in all, this node's own apart.</summary>
    public int MaxRecords { get; init; } = 50_000;

    /// <summary>Bytes in all, this node's own apart.</summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of one sender.</summary>
    public long MaxBytesPerPeer { get; init; } = 4 * 1024 * 1024;

    /// <summary>Providers of one key.</summary>
    public int MaxProvidersPerKey { get; init; } = 512;

    /// <summary>Providers of one key from one part of the Internet.</summary>
    public int MaxProvidersPerGroup { get; init; } = 32;
}
