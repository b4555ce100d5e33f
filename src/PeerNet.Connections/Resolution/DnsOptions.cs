namespace PeerNet.Connections.Resolution;

/// <summary>How names are resolved.</summary>
public sealed record DnsOptions
{
    /// <summary>Default of <see cref="QueryTimeout"/>.</summary>
    public static readonly TimeSpan DefaultQueryTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Default of <see cref="MaxCacheTime"/>.</summary>
    public static readonly TimeSpan DefaultMaxCacheTime = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Name servers as <c>ADDRESS</c> or <c>ADDRESS:PORT</c>, IPv6 with a port in brackets; empty takes the system's. With servers given, host
    /// names are asked of them too, and the system's hosts file is not read.
    /// </summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>How long one server may take to answer one question. By default <see cref="DefaultQueryTimeout"/>.</summary>
    public TimeSpan QueryTimeout { get; init; } = DefaultQueryTimeout;

    /// <summary>The longest time that an answer is remembered, whatever it allows. By default <see cref="DefaultMaxCacheTime"/>.</summary>
    public TimeSpan MaxCacheTime { get; init; } = DefaultMaxCacheTime;
}
