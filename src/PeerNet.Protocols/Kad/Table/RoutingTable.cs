using System.Diagnostics.CodeAnalysis;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Kad.Table;

/// <summary>
/// The peers that this node can ask, by how much of their key they share with its own: a pure machine without clock and network.
/// A peer is considered when it is known to serve the protocol, is asked once whether it lives (<see cref="TryTakeCheck"/>), and gets a
/// place when it answered. Members are checked on the table's own schedule; one that fails loses its place and may come back a few times.
/// Not thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// unknown --Consider--> waiting --check, OnAnswered--> member --OnFailed--> waiting --MaxFailures--> unknown
/// </code>
/// </remarks>
public sealed class RoutingTable
{
    private readonly RoutingTableOptions _options;
    private readonly GroupLimits _groups;
    private readonly Dictionary<PeerId, TableEntry> _entries = [];
    private readonly List<KBucket> _buckets = [];
    private readonly Queue<TableChange> _changes = [];
    private int _checks;

    /// <summary>Creates an empty table.</summary>
    /// <param name="local">This node, which is never in it.</param>
    /// <param name="options">Sizes and times.</param>
    public RoutingTable(PeerId local, RoutingTableOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        Local = local;
        LocalKey = KadKey.Of(local);
        _options = options ?? new RoutingTableOptions();
        _groups = new GroupLimits(_options);
    }

    /// <summary>This node.</summary>
    public PeerId Local { get; }

    /// <summary>This node's point of the key space.</summary>
    public KadKey LocalKey { get; }

    /// <summary>Number of members.</summary>
    public int Count { get; private set; }

    /// <summary>Number of peers that wait for a place or for a check.</summary>
    public int WaitingCount => _entries.Count - Count;

    /// <summary>The length of the longest prefix that a member shares with this node, plus one; 0 when the table is empty.</summary>
    public int BucketCount => _buckets.Count;

    /// <summary>Whether the limits of <see cref="IpGroup"/>s hold now.</summary>
    public bool AreGroupsLimited => _groups.AreActive;

    /// <summary>Whether a peer is a member.</summary>
    public bool Contains(PeerId peer) => _entries.TryGetValue(peer, out var entry) && entry.IsMember;

    /// <summary>Members of the bucket of a prefix length.</summary>
    public int CountIn(int bucket) => bucket < _buckets.Count ? _buckets[bucket].Members.Count : 0;

    /// <summary>The members, bucket by bucket.</summary>
    public IReadOnlyList<RoutingTableMember> GetMembers()
    {
        var members = new List<RoutingTableMember>(Count);
        foreach (var bucket in _buckets)
        {
            foreach (var entry in bucket.Members)
                members.Add(new RoutingTableMember(entry.Peer, entry.Bucket, entry.AddedAt, KBucket.LastAnswer(entry)));
        }

        return members;
    }

    /// <summary>A peer serves the protocol: takes note of it, and lets it wait for a check when there is a place for it.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="addresses">Where it is: decides its <see cref="IpGroup"/>s. Those of its connections are worth most.</param>
    /// <param name="now">The time.</param>
    public Consideration Consider(PeerId peer, IReadOnlyList<Multiaddress> addresses, Instant now)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer == Local)
            return Consideration.Refused;
        if (_entries.TryGetValue(peer, out var entry))
        {
            if (entry.IsMember)
                return KeepPlace(entry, IpGroup.Of(addresses));
            entry.Groups = IpGroup.Of(addresses);
            entry.CheckAt = now;
        }
        else
        {
            var key = KadKey.Of(peer);
            entry = new TableEntry(peer, key, LocalKey.CommonPrefixLength(key), now) { Groups = IpGroup.Of(addresses) };
        }

        var bucket = BucketAt(entry.Bucket);
        if (!_groups.Allow(entry.Groups, bucket))
        {
            Forget(entry);
            return Consideration.TooManyOfGroup;
        }

        _entries[peer] = entry;
        var victim = bucket.Wait(entry);
        if (victim is not null)
            Drop(victim);
        return victim == entry ? Consideration.Refused : bucket.HasRoom || FindLeaving(bucket, now) is not null ? Consideration.CheckDue : Consideration.Waiting;
    }

    /// <summary>A peer answered a request of ours, whatever it was: it lives. One that was considered gets its place now.</summary>
    /// <returns>Whether it is a member.</returns>
    public bool OnAnswered(PeerId peer, Instant now)
    {
        if (!_entries.TryGetValue(peer, out var entry))
            return false;
        EndCheck(entry);
        entry.AnsweredAt = now;
        entry.Failures = 0;
        entry.CheckAt = now + _options.CheckInterval;
        return entry.IsMember || TryAdmit(entry, now);
    }

    /// <summary>A peer failed to answer, or could not be reached: it loses its place, and after some failures it is forgotten.</summary>
    public void OnFailed(PeerId peer, Instant now)
    {
        if (!_entries.TryGetValue(peer, out var entry))
            return;
        EndCheck(entry);
        entry.Failures++;
        if (entry.Failures >= _options.MaxFailures)
        {
            Forget(entry);
            return;
        }

        entry.CheckAt = now + (_options.RetryDelay * Math.Pow(2, entry.Failures - 1));
        if (!entry.IsMember)
            return;
        LosePlace(entry);
        if (BucketAt(entry.Bucket).Wait(entry) is { } victim)
            Drop(victim);
    }

    /// <summary>A peer could not be asked, for a reason of this node's own: it is asked again later, and that does not count against it.</summary>
    public void Postpone(PeerId peer, Instant now)
    {
        if (!_entries.TryGetValue(peer, out var entry))
            return;
        EndCheck(entry);
        entry.CheckAt = now + _options.RetryDelay;
    }

    /// <summary>A peer no longer serves the protocol.</summary>
    public void Remove(PeerId peer)
    {
        if (_entries.TryGetValue(peer, out var entry))
            Forget(entry);
    }

    /// <summary>There is a doubt about a member: it is to be asked soon.</summary>
    public void Expedite(PeerId peer, Instant now)
    {
        if (_entries.TryGetValue(peer, out var entry))
            entry.CheckAt = Instant.Min(entry.CheckAt, now);
    }

    /// <summary>
    /// A peer to ask now whether it lives: one that waits where there is a place for it, or a member that has not answered for a while.
    /// Ends with <see cref="OnAnswered"/>, <see cref="OnFailed"/> or <see cref="Remove"/>.
    /// </summary>
    public bool TryTakeCheck(Instant now, [NotNullWhen(true)] out PeerId? peer)
    {
        peer = null;
        if (_checks >= _options.MaxParallelChecks)
            return false;
        foreach (var bucket in _buckets)
        {
            if (FindCheck(bucket, now) is not { } entry)
                continue;
            entry.IsChecking = true;
            _checks++;
            peer = entry.Peer;
            return true;
        }

        return false;
    }

    /// <summary>When <see cref="TryTakeCheck"/> has something next, as far as time alone decides; null when nothing waits.</summary>
    public Instant? NextDeadline
    {
        get
        {
            Instant? next = null;
            if (_checks >= _options.MaxParallelChecks)
                return next;
            foreach (var bucket in _buckets)
            {
                foreach (var member in bucket.Members)
                    Earlier(ref next, member, member.CheckAt);
                if (!bucket.HasRoom)
                    continue;
                foreach (var waiting in bucket.Waiting)
                    Earlier(ref next, waiting, waiting.CheckAt);
            }

            return next;
        }
    }

    /// <summary>A change of the members that has not been told yet. To be drained after every call that may change them.</summary>
    public bool TryDequeueChange(out TableChange change) => _changes.TryDequeue(out change);

    /// <summary>The members nearest to a key, nearest first.</summary>
    /// <param name="target">The key.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="except">A peer to leave out.</param>
    public IReadOnlyList<PeerId> Closest(KadKey target, int count, PeerId? except = null)
    {
        // Members of the target's own bucket are nearer to it than all others; those of deeper buckets differ from it at the same bit as
        // this node does; each shallower bucket is farther than the one before.
        var found = new List<(Distance Distance, PeerId Peer)>(count + _options.BucketSize);
        var own = Math.Min(LocalKey.CommonPrefixLength(target), KadKey.Bits - 1);
        Gather(found, own, target, except);
        if (found.Count < count)
        {
            for (var i = own + 1; i < _buckets.Count; i++)
                Gather(found, i, target, except);
        }

        for (var i = own - 1; i >= 0 && found.Count < count; i--)
            Gather(found, i, target, except);
        found.Sort(static (left, right) => left.Distance.CompareTo(right.Distance));
        return [.. found.Take(count).Select(item => item.Peer)];
    }

    private void Gather(List<(Distance Distance, PeerId Peer)> found, int bucket, KadKey target, PeerId? except)
    {
        if (bucket >= _buckets.Count)
            return;
        foreach (var member in _buckets[bucket].Members)
        {
            if (member.Peer != except)
                found.Add((member.Key.DistanceTo(target), member.Peer));
        }
    }

    // A member that has moved is held against the limits anew: else an attacker joins from many networks and gathers in one.
    private Consideration KeepPlace(TableEntry member, IpGroup[] groups)
    {
        if (groups.AsSpan().SequenceEqual(member.Groups))
            return Consideration.Member;
        if (!_groups.Allow(groups, BucketAt(member.Bucket), member))
        {
            Forget(member);
            return Consideration.TooManyOfGroup;
        }

        _groups.Remove(member);
        member.Groups = groups;
        _groups.Add(member);
        return Consideration.Member;
    }

    private bool TryAdmit(TableEntry entry, Instant now)
    {
        var bucket = BucketAt(entry.Bucket);
        var leaving = bucket.HasRoom ? null : FindLeaving(bucket, now);
        if ((!bucket.HasRoom && leaving is null) || !_groups.Allow(entry.Groups, bucket, leaving))
            return false;
        if (leaving is not null)
            Forget(leaving);
        bucket.Admit(entry, now);
        _groups.Add(entry);
        Count++;
        _changes.Enqueue(new TableChange(entry.Peer, entry.Bucket, true));
        return true;
    }

    private TableEntry? FindLeaving(KBucket bucket, Instant now) => bucket.FindStale(now) ?? _groups.FindSurplus(bucket);

    private TableEntry? FindCheck(KBucket bucket, Instant now)
    {
        TableEntry? best = null;
        if (bucket.HasRoom || (bucket.Waiting.Count > 0 && FindLeaving(bucket, now) is not null))
        {
            // The fewest failures first, then who was seen last.
            foreach (var waiting in bucket.Waiting)
            {
                if (!waiting.IsChecking && waiting.CheckAt <= now && (best is null || waiting.Failures <= best.Failures))
                    best = waiting;
            }
        }

        if (best is not null)
            return best;
        foreach (var member in bucket.Members)
        {
            if (!member.IsChecking && member.CheckAt <= now && (best is null || member.CheckAt < best.CheckAt))
                best = member;
        }

        return best;
    }

    private static void Earlier(ref Instant? next, TableEntry entry, Instant at)
    {
        if (!entry.IsChecking && (next is null || at < next))
            next = at;
    }

    private KBucket BucketAt(int index)
    {
        while (_buckets.Count <= index)
            _buckets.Add(new KBucket(_options));
        return _buckets[index];
    }

    private void Forget(TableEntry entry)
    {
        if (entry.IsMember)
            LosePlace(entry);
        BucketAt(entry.Bucket).Remove(entry);
        Drop(entry);
    }

    private void Drop(TableEntry entry)
    {
        EndCheck(entry);
        _entries.Remove(entry.Peer);
    }

    private void LosePlace(TableEntry member)
    {
        _groups.Remove(member);
        Count--;
        _changes.Enqueue(new TableChange(member.Peer, member.Bucket, false));
    }

    private void EndCheck(TableEntry entry)
    {
        if (!entry.IsChecking)
            return;
        entry.IsChecking = false;
        _checks--;
    }
}

/// <summary>What came of <see cref="RoutingTable.Consider"/>.</summary>
public enum Consideration
{
    /// <summary>It is a member already.</summary>
    Member,

    /// <summary>There is a place: it is to be checked.</summary>
    CheckDue,

    /// <summary>Its bucket is full of living members; it waits for one to go.</summary>
    Waiting,

    /// <summary>Too many members share its part of the Internet.</summary>
    TooManyOfGroup,

    /// <summary>It is this node, or there is no place to wait.</summary>
    Refused,
}

/// <summary>A member of a routing table, for display.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Bucket">The length of the prefix that it shares with this node.</param>
/// <param name="AddedAt">When it got its place.</param>
/// <param name="AnsweredAt">When it last answered.</param>
public readonly record struct RoutingTableMember(PeerId Peer, int Bucket, Instant AddedAt, Instant AnsweredAt);
