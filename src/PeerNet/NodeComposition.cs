using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using PeerNet.Configuration;
using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Connections.Resolution;
using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Security.PrivateNetwork;
using PeerNet.Connections.Security.Tls;
using PeerNet.Connections.Transports.Memory;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Connections.Transports.WebSocket;
using PeerNet.Connections.Upgrade;
using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Dht;
using PeerNet.Identity;
using PeerNet.Protocols.Fetch;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Perf;
using PeerNet.Protocols.Ping;
using PeerNet.Storage;
using PeerNet.Swarm;
using PeerNet.Swarm.Gating;
using PeerNet.Swarm.Listening;
using PeerNet.Swarm.Resources;
using PeerNet.Swarm.Trimming;

namespace PeerNet;

/// <summary>The one place where everything is made and plugged together.</summary>
internal static class NodeComposition
{
    private static readonly string Version = typeof(NodeComposition).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public static PeerNode Create(PeerNodeSettings settings, PrivateKey? identity, ComponentOptions components, ILoggerFactory loggers, TimeProvider time)
    {
        var options = settings.Options;
        var log = loggers.CreateLogger("PeerNet");
        var folder = options.DataFolder is { } path ? DataFolder.Open(path) : null;
        PrivateKey? owned = null;
        NodeStorage? storage = null;
        try
        {
            identity ??= owned = LoadIdentity(options, folder, log);
            var resolver = new AddressResolver(new DnsLookup(new DnsOptions { Servers = settings.NameServers }));
            storage = folder is null ? null : NodeStorage.Open(folder.DatabaseFile, time: time, loggers: loggers);
            var agent = options.Agent ?? $"peernet/{Version}";
            var swarm = new SwarmHost(Swarm(settings, components), new SwarmServices
            {
                Identity = identity,
                Transports = Transports(settings, components, identity, time),
                Negotiator = new MultistreamNegotiator(time),
                Resolver = resolver,
                Gater = new ConnectionGater(folder is null ? null : new FileGaterStore(folder.GaterFile)),
                Time = time,
                LoggerFactory = loggers,
            });
            storage?.Attach(swarm.PeerStore);
            return new PeerNode(settings, new NodeParts
            {
                Swarm = swarm,
                Resolver = resolver,
                Identify = new IdentifyService(swarm, components.Identify with { AgentVersion = agent }, loggers),
                Ping = new PingService(swarm, components.Ping),
                Perf = new PerfService(swarm, components.Perf with { Serve = options.ServePerf }),
                Fetch = new FetchService(swarm),
                Agent = agent,
                Log = log,
                Loggers = loggers,
                Dht = NodeDht.Create(swarm, options.Dht, settings.Bootstrap, storage, loggers),
                Folder = folder,
                Storage = storage,
                OwnedKey = owned,
            });
        }
        catch
        {
            owned?.Dispose();
            storage?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            folder?.Dispose();
            throw;
        }
    }

    private static PrivateKey LoadIdentity(PeerNodeOptions options, DataFolder? folder, ILogger log)
    {
        var file = options.IdentityFile ?? folder?.IdentityFile;
        if (file is null)
            return PrivateKey.Generate(options.KeyType);
        var loaded = KeyFile.LoadOrCreate(file, options.KeyType);
        if (loaded.Warning is not null)
            log.IdentityFileWarning(loaded.Warning);
        return loaded.Key;
    }

    private static ITransport[] Transports(PeerNodeSettings settings, ComponentOptions components, PrivateKey identity, TimeProvider time)
    {
        var options = settings.Options;
        var upgrader = new ConnectionUpgrader(
            identity.PeerId,
            [.. options.Security.Select(name => Security(name, identity, time))],
            [new YamuxMuxer(options.Limits.Unlimited ? components.Yamux with { MaxInboundStreams = int.MaxValue } : components.Yamux)],
            Protector(options.PrivateNetworkKeyFile),
            time: time);
        return [.. options.Transports.Select(name => (ITransport)new UpgradingTransport(Raw(name, options, components, time), upgrader))];
    }

    private static ISecurityProtocol Security(string name, PrivateKey identity, TimeProvider time)
        => name == "tls" ? new TlsProtocol(identity, time: time) : new NoiseProtocol(identity);

    private static IRawTransport Raw(string name, PeerNodeOptions options, ComponentOptions components, TimeProvider time) => name switch
    {
        "tcp" => new TcpTransport(components.Tcp, time),
        "ws" => new WebSocketTransport(WebSocket(options.WebSocket), time),
        _ => new MemoryTransport(),
    };

    private static WebSocketOptions WebSocket(WebSocketNodeOptions options)
    {
        if (options.CertificateFile is null)
            return new WebSocketOptions { AllowUntrustedCertificates = options.AllowUntrustedCertificates };
        try
        {
            return new WebSocketOptions
            {
                ServerCertificate = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.CertificateKeyFile),
                AllowUntrustedCertificates = options.AllowUntrustedCertificates,
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigurationException("WebSocket:CertificateFile", $"{options.CertificateFile}: expected a PEM file with a certificate and its key: {error.Message}", error);
        }
    }

    private static PrivateNetworkProtector? Protector(string? file)
    {
        if (file is null)
            return null;
        try
        {
            return new PrivateNetworkProtector(PrivateNetworkKey.Parse(File.ReadAllBytes(file)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new ConfigurationException(nameof(PeerNodeOptions.PrivateNetworkKeyFile), $"{file}: {error.Message}", error);
        }
    }

    private static SwarmOptions Swarm(PeerNodeSettings settings, ComponentOptions components)
    {
        var options = settings.Options;
        var limits = options.Limits;
        return new SwarmOptions
        {
            Listening = components.Listening with
            {
                Announce = settings.Announce,
                AppendAnnounce = settings.AppendAnnounce,
                NoAnnounce = settings.NoAnnounce,
                AddressLimits = limits.Unlimited ? AddressLimits.None : limits.ConnectionsPerIp is { } perIp
                    ? new AddressLimits { PerIPv4 = perIp, PerIPv6Site = perIp, PerIPv6Provider = Math.Max(perIp, new AddressLimits().PerIPv6Provider) }
                    : new AddressLimits(),
            },
            Connections = components.Connections with
            {
                LowWatermark = limits.Unlimited ? int.MaxValue : options.ConnectionManager.Low,
                HighWatermark = limits.Unlimited ? int.MaxValue : options.ConnectionManager.High,
                GracePeriod = options.ConnectionManager.GracePeriod,
            },
            Resources = Resources(limits),
        };
    }

    private static ResourceManagerOptions Resources(LimitNodeOptions limits)
    {
        if (limits.Unlimited)
            return ResourceManagerOptions.Unlimited;
        var resources = limits.MemoryBytes is { } memory ? ResourceManagerOptions.ScaledTo(memory, 2048) : ResourceManagerOptions.ForThisMachine();
        return resources with
        {
            System = resources.System with
            {
                Connections = limits.Connections ?? resources.System.Connections,
                ConnectionsInbound = limits.InboundConnections ?? resources.System.ConnectionsInbound,
                Streams = limits.Streams ?? resources.System.Streams,
            },
            PerPeer = resources.PerPeer with { Connections = limits.ConnectionsPerPeer ?? resources.PerPeer.Connections },
        };
    }
}
