using System.Security.Cryptography;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Swarm;
using PeerNet.Swarm.Peers;

namespace PeerNet.Dht;

/// <summary>One peer that a crawl met.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Addresses">Where others say it is.</param>
/// <param name="Agent">Its software; null when it was not reached.</param>
/// <param name="Serves">Whether it answers as a server of the table.</param>
/// <param name="Neighbours">Distinct peers that it named.</param>
/// <param name="Error">Why it was not reached or did not answer; null when it did.</param>
public sealed record CrawledPeer(PeerId Peer, IReadOnlyList<Multiaddress> Addresses, string? Agent, bool Serves, int Neighbours, string? Error);

/// <summary>
/// Walks a network through its routing tables: asks every peer it hears of for the peers near some random points, until nobody new is named.
/// Bounded in peers, in parallel requests and in time for each.
/// </summary>
public sealed class NetworkCrawler
{
    /// <summary>Implementation limit: points asked for. Each names the twenty peers nearest to it: sixteen points read the fuller buckets of a table.</summary>
    private const int PointsPerPeer = 16;

    private readonly SwarmHost _swarm;
    private readonly KadService _table;
    private readonly byte[][] _points;

    /// <summary>Creates a crawler of one table's network.</summary>
    public NetworkCrawler(SwarmHost swarm, KadService table)
    {
        _swarm = swarm;
        _table = table;
        _points = [.. Enumerable.Range(0, PointsPerPeer).Select(_ => RandomNumberGenerator.GetBytes(32))];
    }

    /// <summary>The most peers to visit.</summary>
    public int MaxPeers { get; init; } = 100_000;

    /// <summary>Peers visited at once.</summary>
    public int Parallel { get; init; } = 32;

    /// <summary>The longest that one peer may take.</summary>
    public TimeSpan PeerTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Walks the network from the peers that the table and the connections know.</summary>
    /// <param name="progress">Told the numbers of peers visited and known.</param>
    /// <param name="token">Ends the walk; what was found so far is lost.</param>
    public async Task<IReadOnlyList<CrawledPeer>> CrawlAsync(Action<int, int>? progress = null, CancellationToken token = default)
    {
        var known = new Dictionary<PeerId, HashSet<Multiaddress>>();
        var waiting = new Queue<PeerId>();
        var visited = new List<CrawledPeer>();
        foreach (var peer in _table.GetTable().Select(member => member.Peer).Concat(_swarm.Connections.Select(connection => connection.Peer)))
            Learn(known, waiting, peer, _swarm.PeerStore.GetAddresses(peer));

        var running = new List<Task<(CrawledPeer Peer, IReadOnlyList<KadPeer> Named)>>();
        while (waiting.Count > 0 || running.Count > 0)
        {
            while (waiting.Count > 0 && running.Count < Parallel && visited.Count + running.Count < MaxPeers)
                running.Add(VisitAsync(waiting.Peek(), [.. known[waiting.Dequeue()]], token));
            if (running.Count == 0)
                break;
            var done = await Task.WhenAny(running).ConfigureAwait(false);
            running.Remove(done);
            var (peer, named) = await done.ConfigureAwait(false);
            visited.Add(peer);
            foreach (var other in named)
                Learn(known, waiting, other.Id, other.Addresses);
            progress?.Invoke(visited.Count, known.Count);
        }

        // Addresses of a peer may have been named after it was visited.
        return [.. visited.Select(peer => peer with { Addresses = [.. known[peer.Peer]] })];
    }

    private void Learn(Dictionary<PeerId, HashSet<Multiaddress>> known, Queue<PeerId> waiting, PeerId peer, IEnumerable<Multiaddress> addresses)
    {
        if (peer.Equals(_swarm.LocalPeer))
            return;
        if (!known.TryGetValue(peer, out var set))
        {
            if (known.Count >= MaxPeers)
                return;
            known.Add(peer, set = []);
            waiting.Enqueue(peer);
        }

        set.UnionWith(addresses.Select(address => address.WithoutPeerId()));
    }

    private async Task<(CrawledPeer Peer, IReadOnlyList<KadPeer> Named)> VisitAsync(PeerId peer, IReadOnlyList<Multiaddress> addresses, CancellationToken token)
    {
        var wasConnected = _swarm.IsConnected(peer);
        using var deadline = _swarm.Time.CreateDeadline(PeerTimeout, token);
        try
        {
            var connection = await _swarm.ConnectAsync(peer, new ConnectOptions { Addresses = addresses }, deadline.Token).ConfigureAwait(false);
            await connection.Identified.WaitAsync(deadline.Token).ConfigureAwait(false);
            var serves = _swarm.PeerStore.Supports(peer, _table.Protocol);
            var named = serves ? await AskAsync(peer, deadline.Token).ConfigureAwait(false) : [];
            return (new CrawledPeer(peer, addresses, _swarm.PeerStore.Get(peer)?.AgentVersion, serves, named.Count, null), named);
        }
        catch (Exception error) when (error is PeerNetException or TimeoutException or OperationCanceledException or IOException)
        {
            token.ThrowIfCancellationRequested();
            return (new CrawledPeer(peer, addresses, _swarm.PeerStore.Get(peer)?.AgentVersion, false, 0, error is DialException dial ? dial.Reason.ToString() : error.Message), []);
        }
        finally
        {
            // A walk leaves no connections behind that the node did not have.
            if (!wasConnected && !_table.GetTable().Any(member => member.Peer.Equals(peer)))
                await _swarm.DisconnectAsync(peer, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<KadPeer>> AskAsync(PeerId peer, CancellationToken token)
    {
        var named = new Dictionary<PeerId, KadPeer>();
        foreach (var point in _points.Prepend(peer.Bytes.ToArray()))
        {
            var before = named.Count;
            foreach (var other in await _table.AskClosestPeersAsync(peer, point, token).ConfigureAwait(false))
                named.TryAdd(other.Id, other);
            // A table smaller than one answer is known after two.
            if (named.Count == before && named.Count < KadProtocol.BucketSize)
                break;
        }

        return [.. named.Values];
    }
}
