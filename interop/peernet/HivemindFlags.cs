using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Control.Commands.Hivemind;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Interop.Peer;

/// <summary>What the flags of a Hivemind peer (interop/hivemind/README.md) say about the node's part in the swarm.</summary>
internal sealed class HivemindFlags
{
    private readonly bool _noDht;
    private readonly bool _serves;

    public HivemindFlags(Func<string, string?> one, Func<string, IReadOnlyList<string>> all, Func<string, bool> has, IReadOnlyList<string> initialPeers)
    {
        _noDht = has("no-dht");
        _serves = !has("no-servicer");
        TracesCalls = has("trace-rpc");
        var key = one("rsa-key") is { } file ? LoadKey(file) : null;
        var validators = new List<IRecordValidator>();
        foreach (var name in (one("record-validators") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
            validators.Add(name == "rsa" ? new RsaRecordValidator(key ??= RsaPssSigner.Generate()) : throw new FormatException($"unknown validator {name}"));
        foreach (var text in all("schema"))
        {
            using var schema = JsonDocument.Parse(text);
            validators.Add(SchemaJson.Parse(schema.RootElement));
        }

        var options = new DhtOptions
        {
            InitialPeers = [.. initialPeers.Select(Multiaddress.Parse)],
            ClientMode = has("client-mode"),
            NodeId = one("node-id") is not { } id ? null : DhtId.TryDecode(Convert.FromHexString(id), out var decoded) ? decoded : throw new FormatException("--node-id is no id of 20 bytes"),
            Validators = validators,
            Authorizer = one("authorizer") is { } authority
                ? new TokenAuthorizer(
                    new AuthorityPolicy(LoadKey(authority), key ??= RsaPssSigner.Generate(), one("username") ?? $"user-{Environment.ProcessId}", Seconds(one("token-ttl") ?? "600")), key)
                : null,
        };
        foreach (var pair in all("set").Where(pair => !pair.Split('=')[0].Contains('.', StringComparison.Ordinal)))
            options = Set(options, pair.Split('=', 2));
        Options = options;
    }

    public DhtOptions Options { get; }

    public bool TracesCalls { get; }

    /// <summary>Joins, and returns what the ready event tells of it; null without a table.</summary>
    public async Task<JsonObject?> JoinAsync(PeerNode node, Action<UnaryTrace> trace, CancellationToken token)
    {
        if (_noDht)
            return null;
        await node.JoinHivemindAsync(Options, new RpcOptions { Traced = TracesCalls ? trace : null, MaxCallsPerPeer = 100_000 }, token);
        return TableCommands.Describe(node, node.Hivemind!.Dht);
    }

    /// <summary>Serves what every Hivemind peer serves for the tests.</summary>
    public JsonArray Serve(PeerNode node, Control.ControlState state)
        => _serves && node.Hivemind is { } swarm ? state.Served(swarm).Serve(null) : [];

    private static RsaPssSigner LoadKey(string path)
    {
        if (File.Exists(path))
            return RsaPssSigner.FromPem(File.ReadAllText(path));
        var key = RsaPssSigner.Generate();
        File.WriteAllText(path, key.ExportPem());
        return key;
    }

    // The names are those of Hivemind's own parameters.
    private static DhtOptions Set(DhtOptions options, string[] pair)
    {
        var value = pair.Length == 2 ? pair[1] : throw new FormatException($"--set {pair[0]}: expected NAME=JSON");
        return pair[0] switch
        {
            "bucket_size" => options with { BucketSize = Number(value) },
            "num_replicas" => options with { Replicas = Number(value) },
            "depth_modulo" => options with { DepthModulo = Number(value) },
            "num_workers" => options with { Workers = Number(value) },
            "chunk_size" => options with { ChunkSize = Number(value) },
            "wait_timeout" => options with { CallTimeout = Seconds(value), BootstrapTimeout = TimeSpan.FromSeconds(Math.Max(Seconds(value).TotalSeconds, options.BootstrapTimeout.TotalSeconds)) },
            "bootstrap_timeout" => options with { BootstrapTimeout = Seconds(value) },
            "ensure_bootstrap_success" => options with { EnsureBootstrap = bool.Parse(value) },
            "cache_locally" => options with { CacheLocally = bool.Parse(value) },
            "cache_nearest" => options with { CacheNearest = Number(value) },
            "cache_on_store" => options with { CacheOnStore = bool.Parse(value) },
            "cache_refresh_before_expiry" => options with { CacheRefreshBeforeExpiry = Seconds(value) },
            "reuse_get_requests" => options with { ReuseGetRequests = bool.Parse(value) },
            "blacklist_time" => options with { BlacklistTime = Seconds(value) },
            "backoff_rate" => options with { BlacklistRate = double.Parse(value, CultureInfo.InvariantCulture) },
            _ => throw new FormatException($"--set {pair[0]}: means nothing to this peer"),
        };
    }

    private static int Number(string value) => int.Parse(value, CultureInfo.InvariantCulture);

    private static TimeSpan Seconds(string value) => TimeSpan.FromSeconds(double.Parse(value, CultureInfo.InvariantCulture));
}
