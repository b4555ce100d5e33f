namespace PeerNet.Testing.Interop;

/// <summary>What one peer is started with: the flags that most kinds share, and any other flag of its README.</summary>
public sealed record PeerOptions
{
    /// <summary>js dials with node's own WebSocket, which only node's own variable can be told to trust any certificate. The others have no use for it.</summary>
    private static readonly Dictionary<string, string> AnyCertificate = new() { ["NODE_TLS_REJECT_UNAUTHORIZED"] = "0" };

    /// <summary>
    /// js pings each connection every 10 s and aborts the one where that fails: as its pings share a limit of one stream, when another ping is
    /// on its way, and when a busy machine is late.
    /// </summary>
    private static readonly string[] JsWithPatience = ["--set", "ping.maxOutboundStreams=8", "--set", "monitor.abortConnectionOnPingFailure=false"];

    /// <summary>A peer that listens on loopback with one stack and knows no other.</summary>
    public static PeerOptions For(ProtocolStack stack) => new()
    {
        Listen = [stack.ListenAddress],
        Transports = stack.Transport,
        Security = stack.Security,
        Flags = stack.IsPrivate ? ["--psk", TestData.PathOf("interop", "swarm.key")] : [],
        Environment = stack.Transport == "wss" ? AnyCertificate : new Dictionary<string, string>(),
    };

    /// <summary>Addresses to listen on; none for a peer that only dials.</summary>
    public IReadOnlyList<string> Listen { get; init; } = [ProtocolStack.TcpNoise.ListenAddress];

    /// <summary>A comma list (<c>tcp,ws,quic,circuit</c>); null for the peer's own default.</summary>
    public string? Transports { get; init; }

    /// <summary>A comma list in order of preference (<c>noise,tls</c>); null for the peer's own default.</summary>
    public string? Security { get; init; }

    /// <summary>A text that fixes the identity; null for a fresh one.</summary>
    public string? Seed { get; init; }

    /// <summary>Further flags, each word an element.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Whether js keeps a habit that breaks scenarios by chance: it aborts connections whose heartbeat meets a ping.</summary>
    public bool IsImpatient { get; init; }

    /// <summary>Variables in addition to those of the kind.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A command that runs the peer, as in <c>ip netns exec NAME</c>; empty to run it directly.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>These options with more flags at the end.</summary>
    public PeerOptions With(params IEnumerable<string> flags) => this with { Flags = [.. Flags, .. flags] };

    /// <summary>The command line of one kind. Kubo and hivemind spell some flags in their own way; kubo has no <c>--seed</c>.</summary>
    internal IEnumerable<string> ToArguments(PeerKind kind)
    {
        var listen = kind is PeerKind.Kubo ? "--swarm" : "--listen";
        var arguments = Listen.SelectMany(address => new[] { listen, address });
        if (kind is PeerKind.Hivemind && Listen.Count == 0)
            arguments = arguments.Append("--no-listen");
        if (Transports is not null && kind is not (PeerKind.Kubo or PeerKind.Hivemind))
            arguments = arguments.Concat(TransportFlags(kind, Transports));
        if (Security is not null)
            arguments = arguments.Concat(SecurityFlags(kind, Security.Split(',')));
        if (Seed is not null)
            arguments = arguments.Concat(["--seed", Seed]);
        if (kind is PeerKind.Js && !IsImpatient)
            arguments = arguments.Concat(JsWithPatience);
        return arguments.Concat(Flags);
    }

    /// <summary>js has no certificate of its own for secure WebSocket; the other kinds make one.</summary>
    private static IEnumerable<string> TransportFlags(PeerKind kind, string names) => kind == PeerKind.Js && names == "wss"
        ? ["--transports", "ws", "--set", $"ws.https={ThrowawayCertificate.Json}"]
        : ["--transports", names];

    private static IEnumerable<string> SecurityFlags(PeerKind kind, string[] names)
    {
        bool noise = names.Contains("noise"), tls = names.Contains("tls");
        return kind switch
        {
            PeerKind.Kubo =>
            [
                "--set", $"Swarm.Transports.Security.Noise={(noise ? "100" : "false")}",
                "--set", $"Swarm.Transports.Security.TLS={(tls ? "200" : "false")}",
            ],
            PeerKind.Hivemind => [.. noise ? [] : new[] { "--p2pd-flag", "noise=0" }, .. tls ? [] : new[] { "--no-tls" }],
            _ => ["--security", string.Join(',', names)],
        };
    }
}
