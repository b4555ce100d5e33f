using System.CommandLine;
using Microsoft.Extensions.Configuration;
using PeerNet.Configuration;
using PeerNet.Identity;

namespace PeerNet.Cli.Commands;

/// <summary>The flags of <c>peernet run</c>, laid over the environment, laid over a configuration file, laid over the defaults.</summary>
internal sealed class RunOptions
{
    public Option<string?> Config { get; } = new("--config") { Description = "JSON file with options, as documented for PeerNodeOptions.", HelpName = "file" };

    public Option<string[]> Listen { get; } = Many("--listen", "An address to listen on; 'none' listens nowhere.");

    public Option<string[]> Announce { get; } = Many("--announce", "An address to advertise instead of those listened on.");

    public Option<string[]> AppendAnnounce { get; } = Many("--append-announce", "An address to advertise besides.");

    public Option<string[]> NoAnnounce { get; } = Many("--no-announce", "An address or subnet (/ip4/10.0.0.0/ipcidr/8) never to advertise.");

    public Option<string[]> Bootstrap { get; } = Many("--bootstrap", "A peer to connect to at start and to keep trying: an address that ends in /p2p/ID, or /dnsaddr/NAME.");

    public Option<string[]> Transports { get; } = Many("--transports", "Transports to use, of tcp, ws.");

    public Option<string[]> Security { get; } = Many("--security", "Security protocols in order of preference, of noise, tls.");

    public Option<string?> Identity { get; } = new("--identity") { Description = "Key file; made when missing. Default: identity.key in the data folder.", HelpName = "file" };

    public Option<KeyType?> KeyType { get; } = new("--key-type") { Description = "Kind of the key that is made when there is none." };

    public Option<string?> Psk { get; } = new("--psk") { Description = "Key file of a private network.", HelpName = "file" };

    public Option<string?> Agent { get; } = new("--agent") { Description = "What the node calls itself." };

    public Option<DhtNodeMode?> Dht { get; } = new("--dht") { Description = "Part in the distributed hash table: off, client, server or auto. Default: auto." };

    public Option<string?> DhtProtocol { get; } = new("--dht-protocol") { Description = "A hash table of one's own, such as /lab/kad/1.0.0, in place of the public and the local IPFS ones.", HelpName = "protocol" };

    public Option<HivemindNodeMode?> Hivemind { get; } = new("--hivemind") { Description = "Part in a Hivemind swarm: off, client or server. Default: off." };

    public Option<string[]> HivemindPeers { get; } = Many("--hivemind-peer", "A member of the Hivemind swarm to join over: an address that ends in /p2p/ID.");

    public Option<bool> ServePerf { get; } = new("--serve-perf") { Description = "Serve /perf/1.0.0, which moves as much data as a peer asks for." };

    public Option<bool> Plain { get; } = new("--plain") { Description = "Plain lines instead of the live view." };

    public Option<int> Neighbours { get; } = new("--neighbours") { Description = "Start this many more nodes in the same process, in memory, that join ours: to see a network form at once.", DefaultValueFactory = _ => 0 };

    public IEnumerable<Option> All => [Config, Listen, Announce, AppendAnnounce, NoAnnounce, Bootstrap, Transports, Security, Identity, KeyType, Psk, Agent, Dht, DhtProtocol, Hivemind, HivemindPeers, ServePerf, Plain, Neighbours];

    public RunOptions() => Neighbours.Validators.Add(result =>
    {
        if (result.GetValue(Neighbours) is < 0 or > 16)
            result.AddError("--neighbours takes a number from 0 to 16.");
    });

    /// <summary>Puts the node's options together.</summary>
    /// <exception cref="UsageException">The file cannot be read, or a value has the wrong form.</exception>
    public PeerNodeOptions Read(ParseResult parsed, string folder)
    {
        var options = FromFileAndEnvironment(parsed.GetValue(Config));
        options.DataFolder = folder;
        Replace(parsed.GetValue(Listen), options.Listen);
        if (options.Listen is ["none"])
            options.Listen.Clear();
        Replace(parsed.GetValue(Announce), options.Announce);
        Replace(parsed.GetValue(AppendAnnounce), options.AppendAnnounce);
        Replace(parsed.GetValue(NoAnnounce), options.NoAnnounce);
        Replace(parsed.GetValue(Bootstrap), options.Bootstrap);
        Replace(Split(parsed.GetValue(Transports)), options.Transports);
        Replace(Split(parsed.GetValue(Security)), options.Security);
        options.IdentityFile = parsed.GetValue(Identity) ?? options.IdentityFile;
        options.KeyType = parsed.GetValue(KeyType) ?? options.KeyType;
        options.PrivateNetworkKeyFile = parsed.GetValue(Psk) ?? options.PrivateNetworkKeyFile;
        options.Agent = parsed.GetValue(Agent) ?? options.Agent;
        options.Dht.Mode = parsed.GetValue(Dht) ?? options.Dht.Mode;
        options.Dht.Protocol = parsed.GetValue(DhtProtocol) ?? options.Dht.Protocol;
        options.Hivemind.Mode = parsed.GetValue(Hivemind) ?? options.Hivemind.Mode;
        Replace(parsed.GetValue(HivemindPeers), options.Hivemind.InitialPeers);
        options.ServePerf |= parsed.GetValue(ServePerf);
        return options;
    }

    private static PeerNodeOptions FromFileAndEnvironment(string? file)
    {
        var builder = new ConfigurationBuilder();
        // A node that is run takes part unless it is told not to; a library's node only when it is told to.
        builder.AddInMemoryCollection([KeyValuePair.Create<string, string?>("Dht:Mode", nameof(DhtNodeMode.Auto))]);
        if (file is not null)
        {
            var settings = ReadFile(file);
            PeerNodeConfiguration.CheckKeys(settings);
            builder.AddConfiguration(settings);
        }

        builder.AddEnvironmentVariables("PEERNET_");
        return PeerNodeConfiguration.Bind(builder.Build());
    }

    private static IConfigurationRoot ReadFile(string file)
    {
        if (!File.Exists(file))
            throw new UsageException($"--config {file}: there is no such file.");
        try
        {
            return new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(file), optional: false).Build();
        }
        catch (InvalidDataException error)
        {
            throw new UsageException($"--config {file}: not JSON: {error.InnerException?.Message ?? error.Message}");
        }
    }

    private static void Replace(string[]? given, IList<string> target)
    {
        if (given is not { Length: > 0 })
            return;
        target.Clear();
        foreach (var value in given)
            target.Add(value.Trim());
    }

    private static string[]? Split(string[]? given)
        => given?.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToArray();

    private static Option<string[]> Many(string name, string description) => new(name) { Description = description + " May be repeated.", AllowMultipleArgumentsPerToken = false };
}
