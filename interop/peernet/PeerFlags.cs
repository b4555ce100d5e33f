using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using PeerNet.Configuration;
using PeerNet.Identity;
using PeerNet.Swarm;

namespace PeerNet.Interop.Peer;

/// <summary>The flags that all peers share. One that asks for what this node cannot do is an error, not something to ignore.</summary>
internal sealed class PeerFlags
{
    public const string HelpText =
        """
        The node's own flags, as those of every peer (interop/js/README.md):
        --name TEXT  --seed TEXT  --key HEX  --key-type ed25519|secp256k1|ecdsa|rsa  --agent TEXT
        --listen MA  --announce MA  --append-announce MA  --bootstrap MA            (repeatable)
        --transports tcp,ws,wss,memory  --security noise,tls  --muxers yamux  --psk FILE
        --dht off|client|server|auto  --dht-protocol ID|both  --dht-prefix /NAME  --dht-addrs all|public|private  --dht-diversity off|default
        --hivemind: a member of a Hivemind swarm, with the flags of interop/hivemind/README.md:
        --initial-peer MA  --client-mode  --no-dht  --node-id HEX  --identity FILE  --record-validators rsa  --rsa-key PEM  --schema JSON
        --authorizer PEM  --username TEXT  --token-ttl SECONDS  --trace-rpc  --no-servicer  --set NAME=JSON (Hivemind's own parameters)
        --no-limits  --data-folder FOLDER  --dns-server ADDRESS:PORT  --log LEVEL
        --set GROUP.OPTION=VALUE (repeatable), durations in milliseconds:
        """ + "\n  " + PeerSettings.HelpText;

    /// <summary>Other spellings, as Hivemind peers have them.</summary>
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["host-maddr"] = "listen",
        ["announce-maddr"] = "announce",
        ["initial-peer"] = "bootstrap",
    };

    private static readonly string[] Multiple = ["listen", "announce", "append-announce", "bootstrap", "set", "schema"];
    private static readonly string[] Switches =
    [
        "hivemind", "client-mode", "no-dht", "no-listen", "no-relay", "no-tls", "no-autonat", "trace-rpc", "no-servicer",
        "help", "no-limits", "js-defaults", "fix-dcutr", "fix-autonat", "announce-observed", "dial-discovered",
    ];
    private static readonly string[] Single =
    [
        "name", "seed", "key", "key-type", "agent", "transports", "security", "muxers", "psk", "impl", "dht", "dht-protocol", "dht-prefix", "dht-addrs",
        "dht-diversity", "data-folder", "dns-server", "log", "node-id", "identity", "record-validators", "rsa-key", "authorizer", "username", "token-ttl", "dht-mode",
    ];

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    public static HandlerOptions TestHandlerOptions { get; } = new() { MaxInboundStreams = 100_000, RunOnLimitedConnections = true };

    public bool Help => Has("help");

    public string Name => One("name") ?? $"peernet-{Environment.ProcessId}";

    public static PeerFlags Parse(IReadOnlyList<string> arguments)
    {
        var flags = new PeerFlags();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
                throw new FormatException($"'{arguments[i]}' is not a flag; see --help");
            var name = arguments[i][2..];
            string? value = null;
            if (name.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                (name, value) = (name[..equals], name[(equals + 1)..]);
            name = Aliases.GetValueOrDefault(name, name);
            if (Switches.Contains(name))
                value ??= "";
            else if (!Multiple.Contains(name) && !Single.Contains(name))
                throw new FormatException($"this peer has no flag --{name}; see --help");
            else
                value ??= ++i < arguments.Count ? arguments[i] : throw new FormatException($"--{name} needs a value");
            if (!flags._values.TryGetValue(name, out var list))
                flags._values[name] = list = [];
            if (Single.Contains(name))
                list.Clear();
            list.Add(value);
        }

        return flags;
    }

    /// <summary>The node's part in a Hivemind swarm; null for none.</summary>
    public HivemindFlags? Hivemind() => Has("hivemind") ? new HivemindFlags(One, All, Has, All("bootstrap")) : null;

    /// <summary>What to log, in <see cref="StderrLog"/>'s words.</summary>
    public string? Log => One("log");

    public async Task<PeerNode> StartAsync(ILoggerFactory loggers, CancellationToken token)
    {
        if ((One("muxers") ?? "yamux") != "yamux")
            throw new FormatException("this peer has --muxers yamux only");
        var isHivemind = Has("hivemind");
        var transports = List("transports", "tcp,ws");
        var options = new PeerNodeOptions
        {
            Agent = One("agent"),
            DataFolder = One("data-folder"),
            IdentityFile = One("identity"),
            Listen = isHivemind && !Has("listen") && !Has("no-listen") ? ["/ip4/127.0.0.1/tcp/0"] : All("listen"),
            Announce = All("announce"),
            AppendAnnounce = All("append-announce"),
            Bootstrap = All("bootstrap"),
            Transports = [.. transports.Select(name => name == "wss" ? "ws" : name).Distinct()],
            Security = List("security", Has("no-tls") ? "noise" : "noise,tls"),
            PrivateNetworkKeyFile = One("psk"),
            ServePerf = true,
            Limits = new LimitNodeOptions
            {
                Unlimited = Has("no-limits"),
            },
            Dht = Dht(),
            ConnectionManager = new ConnectionManagerNodeOptions { Low = 100_000, High = 200_000 },
        };
        if (One("dns-server") is { } server)
            options.Resolver.Servers.Add(server);
        using var certificate = transports.Contains("wss") ? new ThrowawayCertificate() : null;
        if (certificate is not null)
        {
            options.WebSocket.CertificateFile = certificate.File;
            options.WebSocket.AllowUntrustedCertificates = true;
        }

        var defaults = new ComponentOptions();
        if (options.Limits.Unlimited)
            defaults = defaults with { Perf = defaults.Perf with { MaxInboundStreams = int.MaxValue } };
        var components = new PeerSettings(All("set").Where(pair => !isHivemind || pair.Split('=')[0].Contains('.', StringComparison.Ordinal))).Apply(options, defaults);
        var builder = PeerNode.CreateBuilder().WithOptions(options).WithComponents(components).WithLogging(loggers);
        if (Key() is { } key)
            builder.WithIdentity(key);
        return await builder.StartAsync(token);
    }

    private DhtNodeOptions Dht()
    {
        var protocol = One("dht-prefix") is { } prefix ? prefix + "/kad/1.0.0" : One("dht-protocol") ?? "/ipfs/kad/1.0.0";
        return new DhtNodeOptions
        {
            Mode = Enum.TryParse<DhtNodeMode>(One("dht") ?? One("dht-mode") ?? (!Has("hivemind") ? "off" : Has("client-mode") ? "client" : "server"), ignoreCase: true, out var mode) ? mode : throw new FormatException("--dht is off, client, server or auto"),
            Protocol = protocol == "both" ? null : protocol,
            Addresses = Enum.TryParse<DhtAddresses>(One("dht-addrs") ?? "all", ignoreCase: true, out var addresses) ? addresses : throw new FormatException("--dht-addrs is all, public or private"),
            LimitGroups = One("dht-diversity") is not (null or "off"),
            OpenNamespaces = ["v", "lab"],
        };
    }

    private PrivateKey? Key()
    {
        if (One("key") is { } hex)
            return PrivateKey.TryDecode(Convert.FromHexString(hex), out var decoded, out var error) ? decoded : throw new FormatException(error);
        var type = Enum.Parse<KeyType>(One("key-type") ?? "ed25519", ignoreCase: true);
        if (One("seed") is { } seed && type == KeyType.Ed25519)
            return PrivateKey.FromEd25519Seed(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(seed)));
        return Has("data-folder") || Has("identity") ? null : PrivateKey.Generate(type);
    }

    private bool Has(string name) => _values.ContainsKey(name);

    private string? One(string name) => _values.TryGetValue(name, out var list) ? list[^1] : null;

    private List<string> All(string name) => _values.TryGetValue(name, out var list) ? list : [];

    private List<string> List(string name, string fallback)
        => [.. (One(name) ?? fallback).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}
