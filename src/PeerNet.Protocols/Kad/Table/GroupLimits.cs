namespace PeerNet.Protocols.Kad.Table;

/// <summary>
/// Counts the members of a table by their <see cref="IpGroup"/>, so that one owner of addresses cannot fill it. Not thread-safe.
/// </summary>
internal sealed class GroupLimits(RoutingTableOptions options)
{
    private readonly Dictionary<IpGroup, int> _table = [];

    /// <summary>Whether the limits hold: see <see cref="RoutingTableOptions.RelaxedBelowGroups"/>.</summary>
    public bool AreActive => _table.Count >= options.RelaxedBelowGroups;

    /// <summary>Whether a peer of these groups may have a place, beside the others in its bucket.</summary>
    /// <param name="groups">The peer's groups.</param>
    /// <param name="bucket">Its bucket.</param>
    /// <param name="leaving">A member whose place it would take; null when none.</param>
    public bool Allow(IpGroup[] groups, KBucket bucket, TableEntry? leaving = null)
    {
        if (!AreActive)
            return true;
        foreach (var group in groups)
        {
            var inTable = _table.GetValueOrDefault(group) - (leaving?.Groups.Contains(group) == true ? 1 : 0);
            if (inTable >= options.MaxPeersPerGroupInTable)
                return false;
            if (options.MaxPeersPerGroupInBucket is { } limit && CountIn(bucket, group, leaving) >= limit)
                return false;
        }

        return true;
    }

    /// <summary>A member of a bucket that is there only because the limits did not hold when it came; null when there is none.</summary>
    public TableEntry? FindSurplus(KBucket bucket)
    {
        // Where the limits hold always, nobody came in spite of them.
        if (!AreActive || options.RelaxedBelowGroups == 0)
            return null;
        foreach (var member in bucket.Members)
        {
            foreach (var group in member.Groups)
            {
                if (_table[group] > options.MaxPeersPerGroupInTable || CountIn(bucket, group, null) > options.MaxPeersPerGroupInBucket)
                    return member;
            }
        }

        return null;
    }

    public void Add(TableEntry member)
    {
        foreach (var group in member.Groups)
            _table[group] = _table.GetValueOrDefault(group) + 1;
    }

    public void Remove(TableEntry member)
    {
        foreach (var group in member.Groups)
        {
            var left = _table.GetValueOrDefault(group) - 1;
            if (left > 0)
                _table[group] = left;
            else
                _table.Remove(group);
        }
    }

    private static int CountIn(KBucket bucket, IpGroup group, TableEntry? leaving)
    {
        var count = 0;
        foreach (var member in bucket.Members)
        {
            if (member != leaving && member.Groups.Contains(group))
                count++;
        }

        return count;
    }
}
