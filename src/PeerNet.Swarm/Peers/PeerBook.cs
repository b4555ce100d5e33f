using System.Collections.Frozen;
using PeerNet.Core;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Peers;

/// <summary>
/// The peer store without locks and clocks: peers in the order of their last use, bounded; the one longest unused goes first. Not
/// thread-safe.
/// </summary>
internal sealed class PeerBook(PeerStoreOptions options)
{
    /// <summary>Implementation limit, go's: addresses kept of a peer after its last connection ended.</summary>
    public const int MaxAddressesAfterConnection = 20;

    /// <summary>Implementation limit: pinned peers looked at before a new one is turned away.</summary>
    private const int MaxEvictionScan = 64;

    private readonly Dictionary<PeerId, PeerEntry> _peers = [];
    private readonly LinkedList<PeerEntry> _byUse = [];

    public int Count => _peers.Count;

    /// <summary>Addresses of all peers.</summary>
    public int AddressCount { get; private set; }

    public IEnumerable<PeerId> Peers => _peers.Keys;

    public PeerEntry? Find(PeerId peer) => _peers.GetValueOrDefault(peer);

    /// <summary>The entry of a peer, made when there is none; null when the book is full of peers that may not go.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="evicted">A peer that had to go for it.</param>
    public PeerEntry? GetOrAdd(PeerId peer, out PeerId? evicted)
    {
        evicted = null;
        if (_peers.TryGetValue(peer, out var entry))
        {
            Touch(entry);
            return entry;
        }

        if (_peers.Count >= options.MaxPeers)
        {
            evicted = Evict();
            if (evicted is null)
                return null;
        }

        entry = new PeerEntry(peer, options.MaxAddressesPerPeer);
        entry.Node = _byUse.AddLast(entry);
        _peers.Add(peer, entry);
        return entry;
    }

    public bool Remove(PeerId peer)
    {
        if (!_peers.Remove(peer, out var entry))
            return false;
        _byUse.Remove(entry.Node!);
        AddressCount -= entry.CountedAddresses;
        return true;
    }

    /// <summary>An entry was changed: its addresses are counted anew.</summary>
    /// <returns>A peer that had to go because there were too many addresses; null when none had to, or none may.</returns>
    public PeerId? OnChanged(PeerEntry entry)
    {
        AddressCount += entry.Addresses.Count - entry.CountedAddresses;
        entry.CountedAddresses = entry.Addresses.Count;
        return AddressCount > options.MaxAddresses ? Evict() : null;
    }

    /// <summary>Drops addresses that have run out, and peers of which nothing worth keeping is left.</summary>
    public List<PeerId> Collect(Instant now)
    {
        var gone = new List<PeerId>();
        foreach (var entry in _byUse)
        {
            entry.Addresses.Collect(now);
            AddressCount += entry.Addresses.Count - entry.CountedAddresses;
            entry.CountedAddresses = entry.Addresses.Count;
            if (entry.Addresses.Count == 0 && !entry.IsPinned)
                gone.Add(entry.Peer);
        }

        foreach (var peer in gone)
            Remove(peer);
        return gone;
    }

    private void Touch(PeerEntry entry)
    {
        _byUse.Remove(entry.Node!);
        _byUse.AddLast(entry.Node!);
    }

    private PeerId? Evict()
    {
        for (var i = 0; i < MaxEvictionScan && _byUse.First is { } oldest; i++)
        {
            if (oldest.Value.IsPinned)
            {
                Touch(oldest.Value);
                continue;
            }

            var peer = oldest.Value.Peer;
            Remove(peer);
            return peer;
        }

        return null;
    }
}

/// <summary>What is known of one peer.</summary>
internal sealed class PeerEntry(PeerId peer, int maxAddresses)
{
    public PeerId Peer { get; } = peer;

    public AddressSet Addresses { get; } = new(maxAddresses);

    /// <summary>How many addresses of this entry the book has counted.</summary>
    public int CountedAddresses { get; set; }

    public FrozenSet<ProtocolId> Protocols { get; set; } = [];

    public string? AgentVersion { get; set; }

    public string? ProtocolVersion { get; set; }

    public ReadOnlyMemory<byte> SignedRecord { get; set; }

    public ulong RecordSequence { get; set; }

    public PublicKey? PublicKey { get; set; }

    public Dictionary<string, int> Tags { get; } = [];

    public DateTimeOffset? LastConnected { get; set; }

    public int Connections { get; set; }

    /// <summary>Whether the peer may not be forgotten.</summary>
    public bool IsPinned => Connections > 0 || Tags.Count > 0;

    public LinkedListNode<PeerEntry>? Node { get; set; }
}
