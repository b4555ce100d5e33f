using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Swarm.Trimming;

/// <summary>
/// When peers that are to stay connected are dialled again: a first wait after the connection is lost, doubled with every failure, up to a
/// limit, each up to a quarter longer or shorter so that a crowd does not come back in step. Pure; not thread-safe.
/// </summary>
internal sealed class RedialSchedule(TimeSpan initial, TimeSpan maximum, Random chance)
{
    private readonly Dictionary<PeerId, Entry> _peers = [];

    public IReadOnlyCollection<PeerId> Peers => _peers.Keys;

    /// <summary>Keeps a peer connected from now on.</summary>
    public void Add(PeerId peer, bool isConnected, Instant now) => _peers.TryAdd(peer, new Entry { IsConnected = isConnected, Due = now });

    public bool Remove(PeerId peer) => _peers.Remove(peer);

    public bool Contains(PeerId peer) => _peers.ContainsKey(peer);

    public void OnConnected(PeerId peer, Instant now)
    {
        if (_peers.TryGetValue(peer, out var entry))
            (entry.IsConnected, entry.ConnectedAt) = (true, now);
    }

    /// <summary>A dial that was given out has succeeded; that the peer is connected, and may be gone again, is told by the others.</summary>
    public void OnDialed(PeerId peer)
    {
        if (_peers.TryGetValue(peer, out var entry))
            entry.IsDialing = false;
    }

    public void OnDisconnected(PeerId peer, Instant now)
    {
        if (!_peers.TryGetValue(peer, out var entry))
            return;

        // A connection that did not outlive the last wait was no success.
        if (entry.IsConnected && now - entry.ConnectedAt > Wait(entry.Failures))
            entry.Failures = 0;
        entry.IsConnected = false;
        Postpone(entry, now);
    }

    public void OnFailed(PeerId peer, Instant now)
    {
        if (!_peers.TryGetValue(peer, out var entry))
            return;
        entry.IsDialing = false;
        if (!entry.IsConnected)
            Postpone(entry, now);
    }

    /// <summary>Peers to dial now; each is given out once until its dial is reported.</summary>
    public List<PeerId> TakeDue(Instant now)
    {
        var due = new List<PeerId>();
        foreach (var (peer, entry) in _peers)
        {
            if (entry.IsConnected || entry.IsDialing || entry.Due > now)
                continue;
            entry.IsDialing = true;
            due.Add(peer);
        }

        return due;
    }

    private void Postpone(Entry entry, Instant now)
    {
        entry.Due = now + (Wait(entry.Failures) * (0.75 + (0.5 * chance.NextDouble())));
        entry.Failures++;
    }

    private TimeSpan Wait(int failures)
    {
        var wait = initial * Math.Pow(2, Math.Min(failures, 30));
        return wait > maximum ? maximum : wait;
    }

    private sealed class Entry
    {
        public bool IsConnected { get; set; }

        public bool IsDialing { get; set; }

        public int Failures { get; set; }

        public Instant Due { get; set; }

        public Instant ConnectedAt { get; set; }
    }
}
