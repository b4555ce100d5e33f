using System.Collections.Concurrent;
using System.Collections.Frozen;
using PeerNet.Core;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Peers;

/// <summary>
/// What is known of other peers: addresses with their time to live and where they came from, protocols, software, signed records, keys and
/// tags. Bounded in peers and in what is kept of each. In memory; <see cref="OpenJournal"/> lets a writer follow the changes. Thread-safe.
/// </summary>
public sealed class PeerStore
{
    // Implementation limit: when the clock was set back since, what was to end in an hour must not last for years. The longest life that
    // protocols give ends with the day.
    private static readonly TimeSpan LongestImported = TimeSpan.FromHours(24);

    private readonly Lock _lock = new();
    private readonly PeerStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly PeerBook _book;

    // Asked for every stream that is opened: read without the lock.
    private readonly ConcurrentDictionary<PeerId, FrozenSet<ProtocolId>> _protocols = [];
    private PeerStoreJournal? _journal;
    private PeerId? _localPeer;

    /// <summary>Creates an empty store.</summary>
    public PeerStore(PeerStoreOptions? options = null, TimeProvider? time = null)
    {
        _options = options ?? new PeerStoreOptions();
        _time = time ?? TimeProvider.System;
        _book = new PeerBook(_options);
    }

    /// <summary>Number of peers.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _book.Count;
        }
    }

    /// <summary>The peers, in no order.</summary>
    public IReadOnlyList<PeerId> Peers
    {
        get
        {
            lock (_lock)
                return [.. _book.Peers];
        }
    }

    /// <summary>
    /// Adds addresses of a peer, or extends their lives; a shorter life than an address has is ignored. Addresses that lead to another peer,
    /// and all addresses of this node itself, are not kept.
    /// </summary>
    public void AddAddresses(PeerId peer, IEnumerable<Multiaddress> addresses, TimeSpan ttl, AddressSource source)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        Change(peer, entry =>
        {
            var changed = false;
            var now = _time.GetInstant();
            foreach (var address in addresses)
            {
                if (OwnPart(peer, address) is { } own)
                    changed |= entry.Addresses.Add(own, LifeOf(entry, ttl), source, certified: false, now);
            }

            return changed;
        });
    }

    /// <summary>Gives addresses exactly this life, be it shorter or longer; zero forgets them.</summary>
    public void SetAddresses(PeerId peer, IEnumerable<Multiaddress> addresses, TimeSpan ttl, AddressSource source)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        Change(peer, entry =>
        {
            var changed = false;
            var now = _time.GetInstant();
            foreach (var address in addresses)
            {
                if (OwnPart(peer, address) is { } own)
                    changed |= entry.Addresses.Set(own, LifeOf(entry, ttl), source, now);
            }

            return changed;
        });
    }

    /// <summary>Gives a new life to all addresses of a peer that were given <paramref name="old"/>.</summary>
    public void ReplaceTtl(PeerId peer, TimeSpan old, TimeSpan ttl)
        => ChangeKnown(peer, entry => entry.Addresses.ReplaceTtl(old, ttl, _time.GetInstant()));

    /// <summary>Forgets one address.</summary>
    public void RemoveAddress(PeerId peer, Multiaddress address) => ChangeKnown(peer, entry => entry.Addresses.Remove(address));

    /// <summary>The addresses of a peer that have not run out, without the peer's id at their end.</summary>
    public IReadOnlyList<Multiaddress> GetAddresses(PeerId peer) => [.. GetStoredAddresses(peer).Select(stored => stored.Address)];

    /// <summary>The addresses of a peer with what is known of them.</summary>
    public IReadOnlyList<StoredAddress> GetStoredAddresses(PeerId peer)
    {
        lock (_lock)
            return _book.Find(peer)?.Addresses.Read(_time.GetInstant()) ?? [];
    }

    /// <summary>
    /// Takes a peer's signed record, verified as every <see cref="PeerRecord"/> is. It replaces the certified addresses of an older record
    /// (RFC 0003); other addresses stay.
    /// </summary>
    /// <returns>False when its sequence number does not exceed that of the record known.</returns>
    public bool ConsumeRecord(PeerRecord record, TimeSpan ttl)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Envelope.Encoded.Length > _options.MaxRecordBytes)
            return false;
        return Change(record.PeerId, entry =>
        {
            if (!entry.SignedRecord.IsEmpty && record.Seq <= entry.RecordSequence)
                return false;
            entry.SignedRecord = record.Envelope.Encoded;
            entry.RecordSequence = record.Seq;
            var own = record.Addresses.Take(_options.MaxAddressesPerPeer).Select(address => OwnPart(entry.Peer, address)).OfType<Multiaddress>();
            entry.Addresses.ReplaceCertified(own, LifeOf(entry, ttl), _time.GetInstant());
            return true;
        });
    }

    /// <summary>The peer's last signed record, a whole envelope; empty when there is none, or its addresses have run out.</summary>
    public ReadOnlyMemory<byte> GetSignedRecord(PeerId peer)
    {
        lock (_lock)
            return _book.Find(peer) is { } entry && entry.Addresses.HasCertified(_time.GetInstant()) ? entry.SignedRecord : default;
    }

    /// <summary>Remembers how a dial of an address went: the dialler tries what worked first.</summary>
    public void MarkDialed(PeerId peer, Multiaddress address, bool succeeded) => ChangeKnown(peer, entry =>
    {
        entry.Addresses.Mark(address, succeeded);
        return true;
    });

    /// <summary>Replaces the protocols of a peer. What is over the bound is dropped.</summary>
    public void SetProtocols(PeerId peer, IEnumerable<ProtocolId> protocols)
        => Change(peer, entry => ReplaceProtocols(entry, protocols));

    /// <summary>Adds protocols of a peer.</summary>
    public void AddProtocols(PeerId peer, IEnumerable<ProtocolId> protocols)
        => Change(peer, entry => ReplaceProtocols(entry, entry.Protocols.Union(protocols)));

    /// <summary>Removes protocols of a peer.</summary>
    public void RemoveProtocols(PeerId peer, IEnumerable<ProtocolId> protocols)
        => ChangeKnown(peer, entry => ReplaceProtocols(entry, entry.Protocols.Except(protocols)));

    /// <summary>The protocols of a peer, as far as it told; empty when it did not.</summary>
    public IReadOnlyCollection<ProtocolId> GetProtocols(PeerId peer) => _protocols.TryGetValue(peer, out var protocols) ? protocols : [];

    /// <summary>Whether a peer told that it serves a protocol. Takes no lock.</summary>
    public bool Supports(PeerId peer, ProtocolId protocol) => _protocols.TryGetValue(peer, out var protocols) && protocols.Contains(protocol);

    /// <summary>The first of several protocols that a peer told it serves; null when it told of none.</summary>
    public ProtocolId? FirstSupported(PeerId peer, IReadOnlyList<ProtocolId> protocols)
    {
        ArgumentNullException.ThrowIfNull(protocols);
        if (!_protocols.TryGetValue(peer, out var known))
            return null;
        foreach (var protocol in protocols)
        {
            if (known.Contains(protocol))
                return protocol;
        }

        return null;
    }

    /// <summary>Sets what software a peer runs; null leaves what is known.</summary>
    public void SetVersions(PeerId peer, string? agentVersion, string? protocolVersion) => Change(peer, entry =>
    {
        entry.AgentVersion = agentVersion ?? entry.AgentVersion;
        entry.ProtocolVersion = protocolVersion ?? entry.ProtocolVersion;
        return true;
    });

    /// <summary>Keeps the key of a peer whose id does not contain it.</summary>
    /// <exception cref="ArgumentException">The key is another peer's.</exception>
    public void AddPublicKey(PeerId peer, PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.PeerId != peer)
            throw new ArgumentException("The key belongs to another peer.", nameof(key));
        if (!peer.TryGetPublicKey(out _))
        {
            Change(peer, entry =>
            {
                entry.PublicKey = key;
                return true;
            });
        }
    }

    /// <summary>A peer's key, from its id or as it was learned; null when it is not known.</summary>
    public PublicKey? GetPublicKey(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.TryGetPublicKey(out var contained))
            return contained;
        lock (_lock)
            return _book.Find(peer)?.PublicKey;
    }

    /// <summary>Tags a peer; a tagged peer is not forgotten.</summary>
    public void SetTag(PeerId peer, string tag, int value = 0) => Change(peer, entry =>
    {
        if (entry.Tags.Count >= _options.MaxTagsPerPeer && !entry.Tags.ContainsKey(tag))
            return false;
        entry.Tags[tag] = value;
        return true;
    });

    /// <summary>Takes a tag away.</summary>
    public void RemoveTag(PeerId peer, string tag) => ChangeKnown(peer, entry => entry.Tags.Remove(tag));

    /// <summary>All that is known of a peer; null when it is not known.</summary>
    public PeerSnapshot? Get(PeerId peer)
    {
        lock (_lock)
            return _book.Find(peer) is { } entry ? Snapshot(entry) : null;
    }

    /// <summary>Forgets a peer.</summary>
    public bool Remove(PeerId peer)
    {
        lock (_lock)
        {
            if (!_book.Remove(peer))
                return false;
            Forgotten(peer);
            return true;
        }
    }

    /// <summary>
    /// Takes what an earlier run wrote down. What has ended since is left out; what is known already stays, where it is better.
    /// </summary>
    public void Import(PeerSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var wall = _time.GetUtcNow();
        var certifiedUntil = snapshot.Addresses.Where(a => a.IsCertified).Select(a => a.ExpiresAt).DefaultIfEmpty().Max();
        if (certifiedUntil > wall && PeerRecord.TryOpen(snapshot.SignedRecord.Span, out var record, out _) && record.PeerId == snapshot.Peer)
            ConsumeRecord(record, Remaining(certifiedUntil, wall));

        foreach (var address in snapshot.Addresses.Where(a => a.ExpiresAt > wall))
        {
            AddAddresses(snapshot.Peer, [address.Address], Remaining(address.ExpiresAt, wall), address.Source);
            if (address.LastDialSucceeded is { } succeeded)
                MarkDialed(snapshot.Peer, address.Address, succeeded);
        }

        if (snapshot.Protocols.Count > 0 && GetProtocols(snapshot.Peer).Count == 0)
            SetProtocols(snapshot.Peer, snapshot.Protocols);
        if (snapshot.PublicKey is { } key && key.PeerId == snapshot.Peer)
            AddPublicKey(snapshot.Peer, key);
        ChangeKnown(snapshot.Peer, entry =>
        {
            entry.AgentVersion ??= snapshot.AgentVersion;
            entry.ProtocolVersion ??= snapshot.ProtocolVersion;
            entry.LastConnected ??= snapshot.LastConnected;
            return true;
        });
        foreach (var (tag, value) in snapshot.Tags)
            SetTag(snapshot.Peer, tag, value);
    }

    /// <summary>Starts to keep track of changes for one writer; a journal opened before ends.</summary>
    public PeerStoreJournal OpenJournal()
    {
        lock (_lock)
            return _journal = new PeerStoreJournal(this, 2 * _options.MaxPeers);
    }

    internal void Exclude(PeerId localPeer)
    {
        _localPeer = localPeer;
        Remove(localPeer);
    }

    internal void OnConnected(PeerId peer) => Change(peer, entry =>
    {
        entry.Connections++;
        entry.LastConnected = _time.GetUtcNow();
        return true;
    });

    internal void OnDisconnected(PeerId peer) => ChangeKnown(peer, entry =>
    {
        if (entry.Connections == 0 || --entry.Connections > 0)
            return false;
        entry.LastConnected = _time.GetUtcNow();
        entry.Addresses.ReplaceTtl(AddressTtl.Connected, AddressTtl.RecentlyConnected, _time.GetInstant());
        entry.Addresses.TrimTo(PeerBook.MaxAddressesAfterConnection);
        return true;
    });

    internal void Collect()
    {
        lock (_lock)
        {
            foreach (var peer in _book.Collect(_time.GetInstant()))
                Forgotten(peer);
        }
    }

    internal List<PeerStoreChange> Read(IEnumerable<PeerId> peers)
    {
        lock (_lock)
            return [.. peers.Select(peer => new PeerStoreChange(peer, _book.Find(peer) is { } entry ? Snapshot(entry) : null))];
    }

    private static TimeSpan Remaining(DateTimeOffset end, DateTimeOffset now)
        => end == DateTimeOffset.MaxValue ? AddressTtl.Permanent : end - now < LongestImported ? end - now : LongestImported;

    // What is dialled ends with the transport; an id at the end must be the peer's own.
    private static Multiaddress? OwnPart(PeerId peer, Multiaddress address)
    {
        if (address.Components[^1].Code != MultiaddressCodes.P2p)
            return address;
        return address.Count > 1 && address.TryGetPeerId(out var named) && named == peer ? address.WithoutPeerId() : null;
    }

    private bool ReplaceProtocols(PeerEntry entry, IEnumerable<ProtocolId> protocols)
    {
        entry.Protocols = protocols.Distinct().Take(_options.MaxProtocolsPerPeer).ToFrozenSet();
        if (entry.Protocols.Count == 0)
            _protocols.TryRemove(entry.Peer, out _);
        else
            _protocols[entry.Peer] = entry.Protocols;
        return true;
    }

    private bool Change(PeerId peer, Func<PeerEntry, bool> change)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (_lock)
        {
            if (peer == _localPeer)
                return false;
            var entry = _book.GetOrAdd(peer, out var evicted);
            if (evicted is not null)
                Forgotten(evicted);
            return entry is not null && Apply(entry, change);
        }
    }

    private void ChangeKnown(PeerId peer, Func<PeerEntry, bool> change)
    {
        lock (_lock)
        {
            if (_book.Find(peer) is { } entry)
                Apply(entry, change);
        }
    }

    private bool Apply(PeerEntry entry, Func<PeerEntry, bool> change)
    {
        if (!change(entry))
            return false;
        _journal?.Add(entry.Peer);
        while (_book.OnChanged(entry) is { } evicted)
        {
            Forgotten(evicted);
            if (evicted == entry.Peer)
                break;
        }

        return true;
    }

    // As long as it is connected is not at all when it is not: identify may come in after the connection has ended.
    private static TimeSpan LifeOf(PeerEntry entry, TimeSpan ttl)
        => ttl == AddressTtl.Connected && entry.Connections == 0 ? AddressTtl.RecentlyConnected : ttl;

    private void Forgotten(PeerId peer)
    {
        _protocols.TryRemove(peer, out _);
        _journal?.Add(peer);
    }

    private PeerSnapshot Snapshot(PeerEntry entry)
    {
        var wall = _time.GetUtcNow();
        return new PeerSnapshot
        {
            Peer = entry.Peer,
            Addresses = [.. entry.Addresses.Read(_time.GetInstant()).Select(a => new AddressSnapshot(a.Address, a.Source, End(wall, a), a.IsCertified, a.LastDialSucceeded))],
            Protocols = [.. entry.Protocols],
            AgentVersion = entry.AgentVersion,
            ProtocolVersion = entry.ProtocolVersion,
            SignedRecord = entry.SignedRecord,
            PublicKey = entry.PublicKey,
            Tags = new Dictionary<string, int>(entry.Tags),
            LastConnected = entry.LastConnected,
            Connections = entry.Connections,
        };
    }

    // An address that lasts as long as the connection does is good for a while after this run has ended.
    private static DateTimeOffset End(DateTimeOffset wall, StoredAddress address) => address.Ttl == AddressTtl.Permanent
        ? DateTimeOffset.MaxValue
        : wall + (address.Ttl == AddressTtl.Connected ? AddressTtl.General : address.Remaining);
}
