using System.Collections.Concurrent;

namespace PeerNet.Swarm.Resources;

/// <summary>
/// The ledger of a thing that comes and goes: a peer, a protocol, a protocol of a peer. Users count themselves in and out; once the last has
/// left it may be retired, after which nobody can use it and its table makes a new one.
/// </summary>
/// <typeparam name="TKey">What it belongs to.</typeparam>
internal class SharedLedger<TKey>(string kind, TKey key, ResourceLimits limits) : Ledger(limits)
    where TKey : notnull
{
    private const int Retired = -1;
    private int _users;

    public TKey Key => key;

    public override string Name => $"{kind}:{key}";

    /// <summary>Counts a user in; false once retired.</summary>
    public bool TryEnter()
    {
        while (true)
        {
            var users = Volatile.Read(ref _users);
            if (users == Retired)
                return false;
            if (Interlocked.CompareExchange(ref _users, users + 1, users) == users)
                return true;
        }
    }

    /// <summary>Counts a user out.</summary>
    /// <returns>Whether it was the last.</returns>
    public bool Leave() => Interlocked.Decrement(ref _users) == 0;

    /// <summary>Retires the ledger when nobody uses it.</summary>
    public bool TryRetire() => Interlocked.CompareExchange(ref _users, Retired, 0) == 0;
}

/// <summary>
/// Ledgers by key. One that nobody uses is kept while there are few, since the next stream will want it again, and taken away when there
/// are many: keys may be of a peer's choosing. Thread-safe.
/// </summary>
internal sealed class LedgerTable<TKey, TLedger>(Func<TKey, TLedger> create, int idleKept)
    where TKey : notnull
    where TLedger : SharedLedger<TKey>
{
    private readonly ConcurrentDictionary<TKey, TLedger> _ledgers = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public IEnumerable<TLedger> Ledgers => _ledgers.Values;

    /// <summary>The ledger of a key, with the caller counted in.</summary>
    public TLedger Enter(TKey key)
    {
        while (true)
        {
            if (!_ledgers.TryGetValue(key, out var ledger))
            {
                ledger = create(key);
                if (!_ledgers.TryAdd(key, ledger))
                    continue;
                Interlocked.Increment(ref _count);
            }

            if (ledger.TryEnter())
                return ledger;

            // Retired by another thread that is about to take it away.
            Remove(ledger);
        }
    }

    /// <summary>Counts the caller out.</summary>
    public void Leave(TLedger ledger)
    {
        if (ledger.Leave() && Count > idleKept && ledger.TryRetire())
            Remove(ledger);
    }

    /// <summary>Takes away what nobody uses.</summary>
    public void Trim()
    {
        foreach (var ledger in _ledgers.Values)
        {
            if (ledger.TryRetire())
                Remove(ledger);
        }
    }

    private void Remove(TLedger ledger)
    {
        if (_ledgers.TryRemove(KeyValuePair.Create(ledger.Key, ledger)))
            Interlocked.Decrement(ref _count);
    }
}
