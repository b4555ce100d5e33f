using PeerNet.Hivemind.Dht;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>An averager that looks for a group.</summary>
/// <param name="Expiration">When it begins.</param>
/// <param name="Peer">Who.</param>
internal readonly record struct Candidate(DhtExpiration Expiration, PeerId Peer) : IComparable<Candidate>
{
    /// <summary>Who begins earlier leads; of two at the same time, the lower peer id.</summary>
    public int CompareTo(Candidate other)
    {
        var time = Expiration.CompareTo(other.Expiration);
        return time != 0 ? time : Peer.CompareTo(other.Peer);
    }
}

/// <summary>
/// Whom to ask to lead, in which order, and when to look for more. It has no clock: every question comes with the time. Not thread-safe.
/// </summary>
internal sealed class LeaderQueue(PeerId own, TimeSpan matchmakingTime)
{
    private readonly HashSet<Candidate> _asked = [];
    private readonly SortedSet<Candidate> _waiting = [];
    private DhtExpiration _assured = DhtExpiration.Always;

    /// <summary>Enters what a lookup found. Nobody is asked twice about the same start.</summary>
    public void Update(IEnumerable<Candidate> found, DhtExpiration now)
    {
        // Who begins before this time would have been seen, whatever the clocks say.
        _assured = DhtExpiration.Max(_assured, now + (matchmakingTime - AveragingProtocol.ClockTolerance));
        _waiting.Clear();
        foreach (var candidate in found.Where(candidate => candidate.Peer != own && candidate.Expiration.IsTime && !_asked.Contains(candidate)).Take(AveragingProtocol.MaxCandidates))
        {
            _waiting.Add(candidate);
            _assured = DhtExpiration.Max(_assured, candidate.Expiration + -AveragingProtocol.ClockTolerance);
        }
    }

    /// <summary>Whether it is time to look again: nobody waits, or somebody unseen may begin earlier than the first of those who do.</summary>
    public bool NeedsLookup(DhtExpiration now, DhtExpiration searchEnd)
        => First(now) is not { } first || (_assured <= first.Expiration && first.Expiration <= searchEnd);

    /// <summary>Takes the next peer to ask: the first that has precedence over this node.</summary>
    /// <param name="now">The time.</param>
    /// <param name="declared">When this node begins; never, while it has not said so.</param>
    public PeerId? TryTake(DhtExpiration now, DhtExpiration declared)
    {
        if (First(now) is not { } first || first.CompareTo(new Candidate(declared, own)) > 0)
            return null;
        _waiting.Remove(first);
        if (_asked.Count >= 4 * AveragingProtocol.MaxCandidates)
            _asked.Clear();
        _asked.Add(first);
        return first.Peer;
    }

    private Candidate? First(DhtExpiration now)
    {
        while (_waiting.Count > 0 && _waiting.Min.Expiration < now)
            _waiting.Remove(_waiting.Min);
        return _waiting.Count > 0 ? _waiting.Min : null;
    }
}
