using System.Diagnostics.CodeAnalysis;
using PeerNet.Core;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Peers;

namespace PeerNet.Protocols.Kad.Table;

/// <summary>
/// Owns a routing table and its machines: tells them what the swarm knows, and the swarm whom to keep connected. Thread-safe; the lock
/// protects the machines, and nothing is waited for under it.
/// </summary>
internal sealed class TableKeeper
{
    // As go: peers of the two farthest halves are few against what they cover; the others are worth keeping.
    private const int ProtectedBuckets = 2;
    private const int TagValue = 5;

    // Implementation limit: answers remembered of peers that were not considered yet; identify comes a moment later.
    private const int MaxRecentAnswers = 256;

    private static readonly TimeSpan RecentAnswer = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SwarmHost _swarm;
    private readonly ProtocolId _protocol;
    private readonly AddressPolicy _policy;
    private readonly RoutingTable _table;
    private readonly RefreshSchedule _schedule;
    private readonly NetworkSizeEstimator _size = new();
    private readonly Dictionary<PeerId, Instant> _recentAnswers = [];
    private readonly string _tag;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public TableKeeper(SwarmHost swarm, KadOptions options, AddressPolicy policy, Random random)
    {
        _swarm = swarm;
        _protocol = options.Protocol;
        _policy = policy;
        _table = new RoutingTable(swarm.LocalPeer, options.Table);
        _schedule = new RefreshSchedule(_table, options.Refresh, random, swarm.Time.GetInstant());
        _tag = "kad:" + options.Protocol.Value;
    }

    /// <summary>Number of members.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>This node's point of the key space.</summary>
    public KadKey LocalKey => _table.LocalKey;

    /// <summary>Completes at the next change that may make something due.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>Whether the limits of parts of the Internet hold now.</summary>
    public bool AreGroupsLimited
    {
        get
        {
            lock (_lock)
                return _table.AreGroupsLimited;
        }
    }

    /// <summary>Whether the table has few members.</summary>
    public bool IsLow
    {
        get
        {
            lock (_lock)
                return _schedule.IsLow;
        }
    }

    /// <summary>The estimated number of peers in the network; null while it is not known.</summary>
    public double? NetworkSize
    {
        get
        {
            lock (_lock)
                return _size.Estimate;
        }
    }

    /// <summary>When something is due next.</summary>
    public Instant NextDeadline
    {
        get
        {
            lock (_lock)
                return Instant.Min(_schedule.NextDeadline, _table.NextDeadline ?? Instant.MaxValue);
        }
    }

    /// <summary>A connected peer told what it is, or is looked at again: it may be somebody for the table.</summary>
    public void Consider(PeerId peer)
    {
        if (peer == _swarm.LocalPeer || !_swarm.PeerStore.Supports(peer, _protocol))
            return;
        var remotes = _swarm.GetConnections(peer).Where(connection => !connection.IsLimited).Select(connection => connection.Description.RemoteAddress).Where(_policy.MayJoin).ToArray();
        if (remotes.Length == 0)
            return;
        lock (_lock)
        {
            var now = _swarm.Time.GetInstant();
            _table.Consider(peer, remotes, now);
            if (_recentAnswers.Remove(peer, out var answered) && now - answered < RecentAnswer)
                _table.OnAnswered(peer, now);
        }

        TellChanges();
    }

    /// <summary>Takes peers in as if they had just answered, as far as there are places for them, and takes the table for fresh.</summary>
    public void Fill(IEnumerable<(PeerId Peer, Multiaddress Address)> peers)
    {
        foreach (var (peer, address) in peers)
        {
            _swarm.PeerStore.AddAddresses(peer, [address], AddressTtl.General, AddressSource.Routing);
            _swarm.PeerStore.AddProtocols(peer, [_protocol]);
            lock (_lock)
            {
                var now = _swarm.Time.GetInstant();
                if (_table.Consider(peer, [address], now) == Consideration.CheckDue)
                    _table.OnAnswered(peer, now);
            }
        }

        lock (_lock)
            _schedule.OnFilled(_swarm.Time.GetInstant());
        TellChanges();
    }

    /// <summary>A peer told a list of protocols that lacks this one. Such a list may be wrong: the peer is asked.</summary>
    public void Doubt(PeerId peer)
    {
        lock (_lock)
            _table.Expedite(peer, _swarm.Time.GetInstant());
        TellChanges();
    }

    /// <summary>A peer answered a request of ours.</summary>
    public void OnAnswered(PeerId peer)
    {
        bool isMember;
        lock (_lock)
        {
            var now = _swarm.Time.GetInstant();
            isMember = _table.OnAnswered(peer, now);
            if (!isMember)
                Remember(peer, now);
        }

        if (isMember)
            TellChanges();
        else
            Consider(peer);
    }

    /// <summary>A peer did not answer, or was not reached.</summary>
    public void OnFailed(PeerId peer)
    {
        lock (_lock)
        {
            _recentAnswers.Remove(peer);
            _table.OnFailed(peer, _swarm.Time.GetInstant());
        }

        TellChanges();
    }

    /// <summary>A peer could not be asked, for a reason of this node's own.</summary>
    public void Postpone(PeerId peer)
    {
        lock (_lock)
            _table.Postpone(peer, _swarm.Time.GetInstant());
        SignalChange();
    }

    /// <summary>A peer does not serve the protocol.</summary>
    public void Remove(PeerId peer)
    {
        lock (_lock)
            _table.Remove(peer);
        TellChanges();
    }

    /// <summary>The last connection to a peer has ended: a member's addresses are kept longer than those of others.</summary>
    public void OnDisconnected(PeerId peer)
    {
        lock (_lock)
        {
            if (!_table.Contains(peer))
                return;
        }

        _swarm.PeerStore.AddAddresses(peer, _swarm.PeerStore.GetAddresses(peer), AddressTtl.General, AddressSource.Routing);
    }

    /// <summary>The members nearest to a key, nearest first.</summary>
    public IReadOnlyList<PeerId> Closest(KadKey key, int count, PeerId? except = null)
    {
        lock (_lock)
            return _table.Closest(key, count, except);
    }

    /// <summary>The members.</summary>
    public IReadOnlyList<RoutingTableMember> GetMembers()
    {
        lock (_lock)
            return _table.GetMembers();
    }

    /// <summary>Where a peer is, the addresses that worked first.</summary>
    public IEnumerable<Multiaddress> AddressesOf(PeerId peer)
        => _swarm.PeerStore.GetStoredAddresses(peer)
            .OrderBy(stored => stored.LastDialSucceeded switch { true => 0, null => 1, false => 2 })
            .ThenBy(stored => stored.Address.IsCircuit())
            .Select(stored => stored.Address);

    public bool TryTakeCheck([NotNullWhen(true)] out PeerId? peer)
    {
        lock (_lock)
            return _table.TryTakeCheck(_swarm.Time.GetInstant(), out peer);
    }

    public bool TryTakeRefresh(out int? bucket)
    {
        lock (_lock)
            return _schedule.TryTake(_swarm.Time.GetInstant(), out bucket);
    }

    /// <summary>Makes all refreshes due.</summary>
    public void Expedite()
    {
        lock (_lock)
            _schedule.Expedite(_swarm.Time.GetInstant());
        SignalChange();
    }

    /// <summary>A key was looked up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="closest">Who is nearest, when the key was chosen by chance; null otherwise.</param>
    public void OnLookup(KadKey key, IReadOnlyList<PeerId>? closest)
    {
        var keys = closest?.Select(KadKey.Of).ToArray();
        lock (_lock)
        {
            var now = _swarm.Time.GetInstant();
            _schedule.OnLookup(key, now);
            if (keys is not null)
                _size.OnLookup(key, keys, now);
        }
    }

    /// <summary>The region around a key that has about this many peers; null when it is not known.</summary>
    public Distance? RadiusFor(int count)
    {
        lock (_lock)
            return _size.RadiusFor(count);
    }

    /// <summary>Lets go of all peers: the service ends.</summary>
    public void Release()
    {
        lock (_lock)
        {
            foreach (var member in _table.GetMembers())
                _table.Remove(member.Peer);
        }

        TellChanges();
    }

    private void Remember(PeerId peer, Instant now)
    {
        if (_recentAnswers.Count >= MaxRecentAnswers)
        {
            foreach (var old in _recentAnswers.Where(pair => now - pair.Value >= RecentAnswer).Select(pair => pair.Key).ToArray())
                _recentAnswers.Remove(old);
            if (_recentAnswers.Count >= MaxRecentAnswers)
                _recentAnswers.Clear();
        }

        _recentAnswers[peer] = now;
    }

    private void TellChanges()
    {
        while (true)
        {
            TableChange change;
            lock (_lock)
            {
                if (!_table.TryDequeueChange(out change))
                    break;
                Volatile.Write(ref _count, _table.Count);
            }

            KadMetrics.MembersChanged(change.IsMember ? 1 : -1);
            var manager = _swarm.ConnectionManager;
            if (change.IsMember && change.Bucket < ProtectedBuckets)
                manager.Protect(change.Peer, _tag);
            else if (change.IsMember)
                manager.Tag(change.Peer, _tag, TagValue);
            else if (change.Bucket < ProtectedBuckets)
                manager.Unprotect(change.Peer, _tag);
            else
                manager.Untag(change.Peer, _tag);
        }

        SignalChange();
    }

    private void SignalChange()
        => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
