using PeerNet.Identity;
using PeerNet.Protocols.Kad.Records;

namespace PeerNet.Protocols.Kad.Lookups;

/// <summary>
/// Finds the best value of a key on the way to the peers nearest to it: a pure machine beside a <see cref="ClosestPeersLookup"/>. Every
/// copy is validated; bad ones do not count. It remembers who had a worse copy or none, to be corrected. Not thread-safe.
/// </summary>
internal sealed class ValueLookup(ClosestPeersLookup peers, ReadOnlyMemory<byte> key, IRecordValidator validator, int quorum)
{
    private readonly Dictionary<PeerId, ReadOnlyMemory<byte>> _copies = [];

    /// <summary>The walk towards the key.</summary>
    public ClosestPeersLookup Peers { get; } = peers;

    /// <summary>The best value so far; null when there is none.</summary>
    public ReadOnlyMemory<byte>? Best { get; private set; }

    /// <summary>Good copies so far.</summary>
    public int Copies => _copies.Count;

    /// <summary>Copies that were not good.</summary>
    public int Rejected { get; private set; }

    /// <summary>A value that this node itself has; it does not count towards the quorum.</summary>
    public void Offer(ReadOnlyMemory<byte> value, DateTimeOffset now)
    {
        if (validator.TryValidate(key, value, now, out _))
            Improve(value);
    }

    /// <summary>A peer answered.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="value">The value that it had; null when it had none, or one of another key.</param>
    /// <param name="closer">Nearer peers that it named.</param>
    /// <param name="now">The wall clock's time, for values that end.</param>
    /// <returns>Whether its value is better than all before.</returns>
    public bool OnAnswered(PeerId peer, ReadOnlyMemory<byte>? value, IEnumerable<PeerId> closer, DateTimeOffset now)
    {
        var improved = false;
        if (value is { } copy)
        {
            if (validator.TryValidate(key, copy, now, out _))
            {
                _copies[peer] = copy;
                improved = Improve(copy);
            }
            else
            {
                Rejected++;
            }
        }

        Peers.OnAnswered(peer, closer);
        if (Copies >= quorum)
            Peers.Stop();
        return improved;
    }

    /// <summary>Peers that should be sent the best value: those nearest that have none, and all that have a worse one.</summary>
    public IReadOnlyList<PeerId> GetStaleHolders()
    {
        if (Best is not { } best)
            return [];
        var stale = _copies.Where(copy => validator.Compare(key, copy.Value, best) < 0).Select(copy => copy.Key).ToList();

        // Only a walk that came to its end knows who is nearest.
        if (Peers.Outcome is LookupOutcome.Converged or LookupOutcome.Starved)
            stale.AddRange(Peers.GetClosest().Where(peer => !_copies.ContainsKey(peer)));
        return stale;
    }

    private bool Improve(ReadOnlyMemory<byte> value)
    {
        if (Best is { } best && validator.Compare(key, value, best) <= 0)
            return false;
        Best = value;
        return true;
    }
}
