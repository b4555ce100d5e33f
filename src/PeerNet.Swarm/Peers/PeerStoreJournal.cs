using PeerNet.Identity;

namespace PeerNet.Swarm.Peers;

/// <summary>A change of the peer store: the peer as it is now, or null when it was forgotten.</summary>
public sealed record PeerStoreChange(PeerId Peer, PeerSnapshot? State);

/// <summary>
/// Which peers changed since a writer last asked. Changes of one peer in between are one: the writer sets the pace, and what it has not
/// fetched is bounded. Thread-safe.
/// </summary>
public sealed class PeerStoreJournal
{
    private readonly Lock _lock = new();
    private readonly PeerStore _store;
    private readonly int _capacity;
    private HashSet<PeerId> _changed = [];
    private bool _overflowed;

    internal PeerStoreJournal(PeerStore store, int capacity)
    {
        _store = store;
        _capacity = capacity;
    }

    /// <summary>Changes that wait to be taken.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _changed.Count;
        }
    }

    /// <summary>Takes up to <paramref name="max"/> changes.</summary>
    /// <param name="max">The most to take.</param>
    /// <param name="overflowed">Whether changes were lost before, so that the writer has to write the whole store anew.</param>
    public IReadOnlyList<PeerStoreChange> Take(int max, out bool overflowed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        PeerId[] peers;
        lock (_lock)
        {
            overflowed = _overflowed;
            _overflowed = false;
            peers = [.. _changed.Take(max)];
            if (peers.Length == _changed.Count)
                _changed = [];
            else
                _changed.ExceptWith(peers);
        }

        return _store.Read(peers);
    }

    internal void Add(PeerId peer)
    {
        lock (_lock)
        {
            if (_changed.Count >= _capacity)
            {
                _changed.Clear();
                _overflowed = true;
            }

            _changed.Add(peer);
        }
    }
}
