using PeerNet.Core.Time;

namespace PeerNet.Protocols.Kad.Table;

/// <summary>
/// The peers that share a prefix of one length with this node: members, and a few that wait for a place. A living old member is never
/// displaced by a newcomer: who has been there long stays long, and a flood of new ids finds no way in. Not thread-safe.
/// </summary>
internal sealed class KBucket(RoutingTableOptions options)
{
    private readonly List<TableEntry> _members = [];
    private readonly List<TableEntry> _waiting = [];

    /// <summary>Peers that have a place.</summary>
    public IReadOnlyList<TableEntry> Members => _members;

    /// <summary>Peers that wait, the one seen last at the end.</summary>
    public IReadOnlyList<TableEntry> Waiting => _waiting;

    public bool HasRoom => _members.Count < options.BucketSize;

    /// <summary>Gives an entry a place.</summary>
    public void Admit(TableEntry entry, Instant now)
    {
        _waiting.Remove(entry);
        _members.Add(entry);
        entry.IsMember = true;
        entry.AddedAt = now;
    }

    /// <summary>Lets an entry wait; returns the one that had to go for it.</summary>
    public TableEntry? Wait(TableEntry entry)
    {
        if (entry.IsMember)
            _members.Remove(entry);
        else
            _waiting.Remove(entry);
        entry.IsMember = false;
        _waiting.Add(entry);

        // Free places have somebody waiting for each besides: peers that come all at once wait to be asked, not to replace somebody.
        if (_waiting.Count <= options.ReplacementsPerBucket + Math.Max(options.BucketSize - _members.Count, 0))
            return null;
        var victim = WorstWaiting();
        _waiting.Remove(victim);
        return victim;
    }

    public void Remove(TableEntry entry)
    {
        if (entry.IsMember)
            _members.Remove(entry);
        else
            _waiting.Remove(entry);
    }

    /// <summary>The member that has been silent longest, when that is long enough to give way; null when all are fresh.</summary>
    public TableEntry? FindStale(Instant now)
    {
        TableEntry? oldest = null;
        foreach (var member in _members)
        {
            if (now - LastAnswer(member) >= options.StaleAfter && (oldest is null || LastAnswer(member) < LastAnswer(oldest)))
                oldest = member;
        }

        return oldest;
    }

    public static Instant LastAnswer(TableEntry member) => member.AnsweredAt ?? member.AddedAt;

    // Most failures first, then the one not seen for longest.
    private TableEntry WorstWaiting()
    {
        var worst = _waiting[0];
        foreach (var entry in _waiting)
        {
            if (entry.Failures > worst.Failures)
                worst = entry;
        }

        return worst;
    }
}
