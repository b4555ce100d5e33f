using PeerNet.Identity;

namespace PeerNet.Configuration;

/// <summary>
/// Everything that can be configured on a node, as plain values: bound from a JSON file, from <c>PEERNET_…</c> environment variables or
/// filled by hand. All of it is checked when the node starts; an error names the key that is wrong.
/// </summary>
public sealed record PeerNodeOptions
{
    /// <summary>
    /// Folder for the identity, the control socket and whatever the node remembers, made on demand with access for its owner only. Null keeps
    /// everything in memory: a fresh identity unless <see cref="IdentityFile"/> or a key is given, and nothing remembered.
    /// </summary>
    public string? DataFolder { get; set; }

    /// <summary>
    /// Key file in any form that <see cref="KeyFile"/> reads; made when missing. Null means <c>identity.key</c> in the data folder.
    /// </summary>
    public string? IdentityFile { get; set; }

    /// <summary>Kind of the key that is made when there is none.</summary>
    public KeyType KeyType { get; set; } = KeyType.Ed25519;

    /// <summary>Addresses to listen on. Empty listens nowhere: the node only dials.</summary>
    public IList<string> Listen { get; set; } = [];

    /// <summary>Addresses advertised instead of the ones listened on.</summary>
    public IList<string> Announce { get; set; } = [];

    /// <summary>Addresses advertised besides the ones listened on.</summary>
    public IList<string> AppendAnnounce { get; set; } = [];

    /// <summary>Addresses never advertised: whole addresses, or subnets as <c>/ip4/10.0.0.0/ipcidr/8</c>.</summary>
    public IList<string> NoAnnounce { get; set; } = [];

    /// <summary>Peers to connect to at start and to keep trying, as addresses that end in <c>/p2p/ID</c>, or <c>/dnsaddr/NAME</c>.</summary>
    public IList<string> Bootstrap { get; set; } = [];

    /// <summary>Transports, of <c>tcp</c>, <c>ws</c> and <c>memory</c>.</summary>
    public IList<string> Transports { get; set; } = ["tcp", "ws"];

    /// <summary>Security protocols in order of preference, of <c>noise</c> and <c>tls</c>.</summary>
    public IList<string> Security { get; set; } = ["noise", "tls"];

    /// <summary>What the node calls itself in identify; null means <c>peernet/</c> and the version.</summary>
    public string? Agent { get; set; }

    /// <summary>Key file of a private network; null means a public one.</summary>
    public string? PrivateNetworkKeyFile { get; set; }

    /// <summary>Secure WebSocket.</summary>
    public WebSocketNodeOptions WebSocket { get; set; } = new();

    /// <summary>Name resolution.</summary>
    public ResolverNodeOptions Resolver { get; set; } = new();

    /// <summary>Limits.</summary>
    public LimitNodeOptions Limits { get; set; } = new();

    /// <summary>When connections are trimmed.</summary>
    public ConnectionManagerNodeOptions ConnectionManager { get; set; } = new();

    /// <summary>Distributed hash tables.</summary>
    public DhtNodeOptions Dht { get; set; } = new();

    /// <summary>Hivemind.</summary>
    public HivemindNodeOptions Hivemind { get; set; } = new();

    /// <summary>Whether to serve <c>/perf/1.0.0</c>, which sends and receives as much as a peer asks for: for measuring only.</summary>
    public bool ServePerf { get; set; }

    /// <summary>How long a stopping node lets running handlers finish.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>Certificates of secure WebSocket.</summary>
public sealed record WebSocketNodeOptions
{
    /// <summary>PEM file with the certificate chain that <c>/wss</c> listeners present; null allows no such listener.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file with the certificate's key; null looks for it in <see cref="CertificateFile"/>.</summary>
    public string? CertificateKeyFile { get; set; }

    /// <summary>
    /// Whether to dial servers whose certificate no known authority signed. Peers are authenticated inside the WebSocket all the same; only
    /// the name in the address is then unproven.
    /// </summary>
    public bool AllowUntrustedCertificates { get; set; }
}

/// <summary>How names in addresses are resolved.</summary>
public sealed record ResolverNodeOptions
{
    /// <summary>Name servers as <c>ADDRESS</c> or <c>ADDRESS:PORT</c>; empty means the system's.</summary>
    public IList<string> Servers { get; set; } = [];
}

/// <summary>Limits on what a node holds. Null leaves the value that the machine's memory suggests.</summary>
public sealed record LimitNodeOptions
{
    /// <summary>Memory for buffers and windows, in bytes.</summary>
    public long? MemoryBytes { get; set; }

    /// <summary>Connections in both directions.</summary>
    public int? Connections { get; set; }

    /// <summary>Inbound connections.</summary>
    public int? InboundConnections { get; set; }

    /// <summary>Streams in both directions.</summary>
    public int? Streams { get; set; }

    /// <summary>Connections with one peer.</summary>
    public int? ConnectionsPerPeer { get; set; }

    /// <summary>Connections from one IPv4 address or one IPv6 /56; loopback is not counted.</summary>
    public int? ConnectionsPerIp { get; set; }

    /// <summary>Whether to lift all limits: for tests and benchmarks between trusted peers.</summary>
    public bool Unlimited { get; set; }
}

/// <summary>When the connection manager trims.</summary>
public sealed record ConnectionManagerNodeOptions
{
    /// <summary>Trim down to this many connections.</summary>
    public int Low { get; set; } = 160;

    /// <summary>Trim when there are more than this many.</summary>
    public int High { get; set; } = 192;

    /// <summary>Connections younger than this are left alone.</summary>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromMinutes(1);
}
