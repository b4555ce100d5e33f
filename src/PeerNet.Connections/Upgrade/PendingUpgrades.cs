using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Connections.Upgrade;

/// <summary>
/// The inbound connections that are on their way up, never more than a limit. When it is full the newcomer takes the place of the oldest one
/// from the group of addresses that holds most: who stalls from a few addresses evicts himself, and a stranger always gets in. Thread-safe.
/// </summary>
internal sealed class PendingUpgrades(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressGroup, LinkedList<PendingUpgrade>> _groups = [];
    private long _order;

    /// <summary>Connections on their way up now.</summary>
    public int Count { get; private set; }

    /// <summary>Lets one in.</summary>
    /// <param name="group">Where it comes from.</param>
    /// <param name="entered">Its place; to be given back by <see cref="Leave"/>.</param>
    /// <param name="evicted">Who lost his place for it, to be cancelled by the caller.</param>
    public void Enter(AddressGroup group, out PendingUpgrade entered, out PendingUpgrade? evicted)
    {
        evicted = null;
        lock (_lock)
        {
            if (Count >= capacity)
            {
                evicted = Busiest().First!.Value;
                Remove(evicted);
            }

            entered = new PendingUpgrade(group, _order++);
            if (!_groups.TryGetValue(group, out var members))
                _groups[group] = members = [];
            entered.Place = members.AddLast(entered);
            Count++;
        }
    }

    /// <summary>Gives a place back. Idempotent.</summary>
    public void Leave(PendingUpgrade pending)
    {
        lock (_lock)
            Remove(pending);
    }

    private void Remove(PendingUpgrade pending)
    {
        if (pending.Place is null)
            return;
        var members = _groups[pending.Group];
        members.Remove(pending.Place);
        pending.Place = null;
        Count--;
        if (members.Count == 0)
            _groups.Remove(pending.Group);
    }

    private LinkedList<PendingUpgrade> Busiest()
    {
        LinkedList<PendingUpgrade>? busiest = null;
        foreach (var members in _groups.Values)
        {
            if (busiest is null || members.Count > busiest.Count
                || (members.Count == busiest.Count && members.First!.Value.Order < busiest.First!.Value.Order))
            {
                busiest = members;
            }
        }

        return busiest!;
    }
}

/// <summary>One connection on its way up.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle: there is nothing to dispose of.")]
internal sealed class PendingUpgrade(AddressGroup group, long order)
{
    private readonly CancellationTokenSource _eviction = new();

    public AddressGroup Group => group;

    public long Order => order;

    /// <summary>Its place among its group; null once it has none.</summary>
    public LinkedListNode<PendingUpgrade>? Place { get; set; }

    /// <summary>Cancelled when the place is lost.</summary>
    public CancellationToken Evicted => _eviction.Token;

    /// <summary>Tells it that the place is lost.</summary>
    public void Evict() => _eviction.Cancel();
}
