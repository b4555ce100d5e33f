using System.Diagnostics.CodeAnalysis;
using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Lookups;

/// <summary>
/// Finds the peers nearest to a key by asking ever nearer ones (kad-dht specification, "Lookups"): a pure machine. Each round asks the
/// nearest not yet asked, among the nearest <see cref="LookupOptions.Count"/> known that have not failed; it ends when all of those have
/// answered, so that nobody among the result is dead. Not thread-safe.
/// </summary>
/// <remarks>
/// The driver takes requests with <see cref="TryNextRequest"/> until there is none, tells how each ended, calls
/// <see cref="HandleDeadline"/> at <see cref="NextDeadline"/>, and repeats until <see cref="IsFinished"/>.
/// <code>
/// Heard --TryNextRequest--> Asked --SlowAfter--> Slow --RequestTimeout--> Failed
///                             \--OnAnswered------/--> Answered     \--OnFailed--> Failed
/// </code>
/// </remarks>
public sealed class ClosestPeersLookup
{
    // Implementation limit: nobody looks at the five hundredth nearest again.
    private const int MaxCandidates = 512;

    // Implementation limit: overtaken requests still hold streams.
    private const int MaxSlowFactor = 3;

    private readonly LookupOptions _options;
    private readonly PeerId _local;
    private readonly Instant _deadline;
    private readonly Dictionary<PeerId, Candidate> _candidates = [];
    private readonly List<Candidate> _byDistance = [];
    private readonly List<Candidate> _pending = [];
    private int _slow;
    private int _doubtful;
    private bool _isDesperate;

    /// <summary>Starts a lookup.</summary>
    /// <param name="target">The key.</param>
    /// <param name="local">This node, which is never asked.</param>
    /// <param name="seeds">Peers to begin with: the nearest of the routing table.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="now">The time.</param>
    public ClosestPeersLookup(KadKey target, PeerId local, IEnumerable<PeerId> seeds, LookupOptions options, Instant now)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(seeds);
        ArgumentNullException.ThrowIfNull(options);
        Target = target;
        _local = local;
        _options = options;
        _deadline = now + options.Timeout;
        foreach (var seed in seeds)
            Add(seed, null);
        Conclude();
    }

    /// <summary>The key.</summary>
    public KadKey Target { get; }

    /// <summary>How it ended, or that it has not.</summary>
    public LookupOutcome Outcome { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool IsFinished => Outcome != LookupOutcome.Running;

    /// <summary>Requests made so far.</summary>
    public int Requests { get; private set; }

    /// <summary>Requests that failed so far.</summary>
    public int Failures { get; private set; }

    /// <summary>Requests that led to one another, the longest chain: what the lookup costs in round trips.</summary>
    public int Rounds { get; private set; }

    /// <summary>When <see cref="HandleDeadline"/> is due; null when the lookup has ended.</summary>
    public Instant? NextDeadline
    {
        get
        {
            if (IsFinished)
                return null;
            var next = _deadline;
            foreach (var candidate in _pending)
                next = Instant.Min(next, candidate.AskedAt + (candidate.State == CandidateState.Slow ? _options.RequestTimeout : _options.SlowAfter));
            return next;
        }
    }

    /// <summary>Whether a peer was named and is near enough to be asked yet.</summary>
    public bool IsCandidate(PeerId peer) => _candidates.ContainsKey(peer);

    /// <summary>The next peer to ask, if one may be asked now.</summary>
    public bool TryNextRequest(Instant now, [NotNullWhen(true)] out PeerId? peer)
    {
        peer = null;
        if (IsFinished || _pending.Count - _slow >= _options.Alpha || _pending.Count >= _options.Alpha * MaxSlowFactor)
            return false;
        if (FindNext() is not { } next)
            return false;
        if (Requests >= _options.MaxRequests)
        {
            if (_pending.Count == 0)
                Outcome = LookupOutcome.Exhausted;
            return false;
        }

        if (next.IsDiscredited(_options.MaxUnmetPerInformer))
            _doubtful++;
        next.State = CandidateState.Asked;
        next.AskedAt = now;
        _pending.Add(next);
        Requests++;
        Rounds = Math.Max(Rounds, next.Depth + 1);
        peer = next.Peer;
        return true;
    }

    /// <summary>A peer answered, and named others.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="closer">Peers that it named, checked and cut to size by the caller.</param>
    public void OnAnswered(PeerId peer, IEnumerable<PeerId> closer)
    {
        ArgumentNullException.ThrowIfNull(closer);
        if (!TryEnd(peer, CandidateState.Answered, out var candidate))
            return;
        candidate.Reflect(answered: true);
        foreach (var named in closer)
            Add(named, candidate);
        Conclude();
    }

    /// <summary>A peer did not answer, or could not be reached.</summary>
    public void OnFailed(PeerId peer)
    {
        if (!TryEnd(peer, CandidateState.Failed, out var candidate))
            return;
        Failures++;
        candidate.Reflect(answered: false);
        Conclude();
    }

    /// <summary>Lets time pass: late peers are overtaken, silent ones failed, and the lookup ends when its time is over.</summary>
    /// <returns>Peers that have failed for their silence, whose requests are to be given up.</returns>
    public IReadOnlyList<PeerId> HandleDeadline(Instant now)
    {
        if (IsFinished)
            return [];
        List<PeerId>? silent = null;
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var candidate = _pending[i];
            var waited = now - candidate.AskedAt;
            if (waited >= _options.RequestTimeout)
            {
                (silent ??= []).Add(candidate.Peer);
                OnFailed(candidate.Peer);
            }
            else if (waited >= _options.SlowAfter && candidate.State == CandidateState.Asked)
            {
                candidate.State = CandidateState.Slow;
                _slow++;
            }
        }

        Conclude();
        if (!IsFinished && now >= _deadline)
            Outcome = LookupOutcome.TimedOut;
        return silent ?? (IReadOnlyList<PeerId>)[];
    }

    /// <summary>Ends the lookup: what it has is enough.</summary>
    public void Stop()
    {
        if (!IsFinished)
            Outcome = LookupOutcome.Stopped;
    }

    /// <summary>The nearest peers that answered, nearest first; with a region all of those in it.</summary>
    public IReadOnlyList<PeerId> GetClosest()
    {
        var closest = new List<PeerId>(_options.Count);
        foreach (var candidate in _byDistance)
        {
            if (candidate.State != CandidateState.Answered)
                continue;
            if (!IsWanted(closest.Count, 0, candidate))
                break;
            closest.Add(candidate.Peer);
        }

        return closest;
    }

    private void Add(PeerId peer, Candidate? informer)
    {
        if (peer == _local || peer == informer?.Peer)
            return;
        if (!_candidates.TryGetValue(peer, out var candidate))
        {
            candidate = new Candidate(peer, KadKey.Of(peer).DistanceTo(Target), informer is null ? 0 : informer.Depth + 1) { IsSeed = informer is null };
            if (!Insert(candidate))
                return;
        }

        if (informer is not null && candidate.State == CandidateState.Heard)
            candidate.NamedBy(informer);
    }

    private bool Insert(Candidate candidate)
    {
        var index = _byDistance.BinarySearch(candidate, ByDistance.Instance);
        if (index < 0)
            index = ~index;
        if (index >= MaxCandidates)
            return false;
        _byDistance.Insert(index, candidate);
        _candidates.Add(candidate.Peer, candidate);
        if (_byDistance.Count > MaxCandidates)
        {
            // The farthest goes; while it is being asked, its end still finds it in the dictionary.
            var last = _byDistance[^1];
            _byDistance.RemoveAt(_byDistance.Count - 1);
            if (last.State == CandidateState.Heard)
                _candidates.Remove(last.Peer);
        }

        return true;
    }

    private bool TryEnd(PeerId peer, CandidateState state, [NotNullWhen(true)] out Candidate? candidate)
    {
        if (!_candidates.TryGetValue(peer, out candidate) || candidate.State is not (CandidateState.Asked or CandidateState.Slow))
            return false;
        if (candidate.State == CandidateState.Slow)
            _slow--;
        candidate.State = state;
        _pending.Remove(candidate);
        return !IsFinished;
    }

    /// <summary>The nearest peer not yet asked, among those that matter.</summary>
    private Candidate? FindNext()
    {
        var living = 0;
        var dead = 0;
        foreach (var candidate in _byDistance)
        {
            if (Skip(candidate, ref dead))
                continue;
            if (!IsWanted(living, dead, candidate))
                return null;
            if (candidate.State == CandidateState.Heard)
                return candidate;
            if (candidate.State != CandidateState.Slow)
                living++;
        }

        return null;
    }

    /// <summary>Ends the lookup when everybody that matters has answered.</summary>
    private void Conclude()
    {
        if (IsFinished)
            return;
        var answered = 0;
        var slow = 0;
        var dead = 0;
        foreach (var candidate in _byDistance)
        {
            if (Skip(candidate, ref dead))
                continue;
            if (!IsWanted(answered, dead, candidate))
                break;
            switch (candidate.State)
            {
                case CandidateState.Answered:
                    answered++;
                    break;
                case CandidateState.Slow:
                    slow++;
                    break;
                default:
                    return;
            }
        }

        // Late peers are not waited for, unless they are most of what there is: then the network is slow, not they.
        if (slow > answered)
            return;
        if (answered < _options.Count && !_isDesperate && _byDistance.Exists(IsIgnored))
        {
            _isDesperate = true;
            return;
        }

        Outcome = answered >= _options.Count ? LookupOutcome.Converged : LookupOutcome.Starved;
    }

    // Whom only liars named is asked when there are too few others, and then only so many of them.
    private bool IsIgnored(Candidate candidate)
        => candidate.State == CandidateState.Heard
            && candidate.IsDiscredited(_options.MaxUnmetPerInformer)
            && !(_isDesperate && _doubtful < _options.Count);

    private bool Skip(Candidate candidate, ref int dead)
    {
        if (candidate.State == CandidateState.Failed)
            dead++;
        return candidate.State == CandidateState.Failed || IsIgnored(candidate);
    }

    // Where peers are dead, answers name fewer living ones, since each names only so many: some more are asked, who see other parts.
    private bool IsWanted(int nearer, int dead, Candidate candidate)
        => nearer < _options.Count + Math.Min(dead, _options.MaxExtraPeers)
            || (_options.Radius is { } radius && nearer < _options.MaxRegionPeers && candidate.Distance <= radius);

    private sealed class ByDistance : IComparer<Candidate>
    {
        public static readonly ByDistance Instance = new();

        public int Compare(Candidate? x, Candidate? y) => x!.Distance.CompareTo(y!.Distance);
    }
}
