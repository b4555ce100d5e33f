using System.Security.Cryptography;
using PeerNet.Configuration;
using PeerNet.Dht;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Stores;

namespace PeerNet;

/// <summary>
/// What a node adds to a Hivemind swarm: libp2p's own Kademlia, because Hivemind's table names peers and never their addresses; records on disk
/// where the node has a data folder; and members in the peer store, tagged as such.
/// </summary>
internal static class HivemindMembership
{
    // Implementation limit: members of an earlier run that are tried at once beside the initial peers.
    private const int MaxRemembered = 64;

    public static async Task<HivemindSwarm> JoinAsync(PeerNode node, NodeParts parts, DhtOptions options, RpcOptions? rpc, CancellationToken token)
    {
        var kad = Kademlia(node, parts, options);
        try
        {
            options = options with
            {
                FindAddressesAsync = options.FindAddressesAsync ?? ((peer, ending) => FindAddressesAsync(node, kad, peer, ending)),
                NodeId = options.NodeId ?? (parts.Storage is null ? null : DhtId.OfPeer(node.PeerId)),
            };
            if (options.Storage is null && parts.Storage is { } storage)
            {
                options = options with { Storage = storage.CreateHivemindStorage(options.NodeId!.Value, options.StorageLimits) };
                await storage.Loaded.WaitAsync(token).ConfigureAwait(false);
            }

            var swarm = await HivemindSwarm.JoinAsync(node.Swarm, options, rpc, parts.Loggers, token).ConfigureAwait(false);
            if (kad is not null)
                swarm.Own(kad);
            foreach (var remembered in Remembered(node).Take(MaxRemembered))
                _ = swarm.Dht.TryAsync(remembered);
            return swarm;
        }
        catch
        {
            if (kad is not null)
                await kad.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The table's options as the node's settings say.</summary>
    /// <exception cref="ConfigurationException">The signing key cannot be used.</exception>
    public static DhtOptions Options(PeerNodeSettings settings)
    {
        var options = settings.Options.Hivemind;
        return new DhtOptions
        {
            InitialPeers = settings.HivemindPeers,
            ClientMode = options.Mode == HivemindNodeMode.Client,
            EnsureBootstrap = options.RequireInitialPeer,
            Validators = options.SigningKeyFile is { } file ? [new RsaRecordValidator(LoadSigningKey(file))] : [],
        };
    }

    private static RsaPssSigner LoadSigningKey(string file)
    {
        try
        {
            if (File.Exists(file))
                return RsaPssSigner.FromPem(File.ReadAllText(file));
            var key = RsaPssSigner.Generate();
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var writer = new StreamWriter(file, options);
            writer.Write(key.ExportPem());
            return key;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            throw new ConfigurationException("Hivemind:SigningKeyFile", $"{file}: expected a PEM file with an RSA key: {error.Message}", error);
        }
    }

    // A swarm's daemons speak the public network's protocol on whatever addresses they have. A node that is in that table already uses it.
    private static KadService? Kademlia(PeerNode node, NodeParts parts, DhtOptions options)
        => options.FindAddressesAsync is not null || node.Dht?.Tables.Any(table => table.Protocol == KadProtocol.Wan) == true
            ? null
            : new KadService(
                node.Swarm,
                new KadOptions
                {
                    Protocol = KadProtocol.Wan,
                    Scope = KadScope.Any,
                    Mode = options.ClientMode ? KadMode.Client : KadMode.Server,
                    BootstrapPeers = options.InitialPeers,
                    Table = new Protocols.Kad.Table.RoutingTableOptions { MaxPeersPerGroupInBucket = null, MaxPeersPerGroupInTable = null },
                },
                new MemoryRecordStore(),
                new MemoryProviderStore(),
                parts.Loggers);

    private static async ValueTask<IReadOnlyList<Multiaddress>> FindAddressesAsync(PeerNode node, KadService? own, PeerId peer, CancellationToken token)
    {
        try
        {
            var found = own is not null ? await own.FindPeerAsync(peer, token).ConfigureAwait(false)
                : node.Dht is { } dht ? await dht.FindPeerAsync(peer, token).ConfigureAwait(false)
                : null;
            return found?.Peer.Addresses ?? [];
        }
        catch (KadException)
        {
            // Nobody to ask: the call that follows says that the peer has no address.
            return [];
        }
    }

    private static IEnumerable<PeerId> Remembered(PeerNode node)
        => node.Swarm.PeerStore.Peers.Where(peer => !node.Swarm.IsConnected(peer) && node.Swarm.PeerStore.Get(peer)?.Tags.ContainsKey(HivemindDht.MemberTag) == true);
}
