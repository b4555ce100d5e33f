namespace PeerNet.Hivemind.Dht;

/// <summary>One call that a traversal wants: ask a node for what is near to some keys.</summary>
/// <param name="Node">Whom.</param>
/// <param name="Queries">For which keys.</param>
internal sealed record BeamCall(DhtId Node, IReadOnlyList<DhtId> Queries);

/// <summary>
/// Beam search for the nodes nearest to some keys. Of each key the nearest <c>beamSize</c> nodes heard of are its beam; a node within it that
/// was not asked yet is asked next. A search is over when all of its beam was asked, when its owner has what it wanted, or at
/// <see cref="MaxCallsPerQuery"/>. Calls and answers come from outside: the machine knows no clock and no network. Not thread-safe.
/// </summary>
internal sealed class BeamTraversal
{
    /// <summary>
    /// Implementation limit: liars can name ever nearer nodes without end. An honest search in a network of a million asks about 40.
    /// </summary>
    public const int MaxCallsPerQuery = 256;

    private readonly Dictionary<DhtId, Query> _queries = [];
    private readonly int _beamSize;
    private readonly int _queriesPerCall;
    private readonly int _maxInFlight;
    private int _inFlight;

    /// <param name="beamSize">Nodes of a beam.</param>
    /// <param name="queriesPerCall">The most keys of one call.</param>
    /// <param name="maxInFlight">The most calls at a time.</param>
    /// <param name="ownId">This node, which is never asked.</param>
    public BeamTraversal(int beamSize, int queriesPerCall, int maxInFlight, DhtId ownId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(beamSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxInFlight, 1);
        _beamSize = beamSize;
        _queriesPerCall = Math.Max(1, queriesPerCall);
        _maxInFlight = maxInFlight;
        OwnId = ownId;
    }

    public DhtId OwnId { get; }

    /// <summary>Whether every search is over; calls may be open still.</summary>
    public bool AllFinished => _queries.Values.All(query => query.IsFinished);

    /// <summary>Begins a search from the nodes known so far.</summary>
    public void Add(DhtId key, IEnumerable<DhtId> seeds)
    {
        var query = new Query(key, _beamSize);
        query.Visited.Add(OwnId);
        query.Offer(seeds);
        _queries.Add(key, query);
    }

    /// <summary>Ends a search: its owner has what it wanted, or wants it no more.</summary>
    public void Finish(DhtId key) => _queries[key].IsFinished = true;

    public bool IsFinished(DhtId key) => _queries[key].IsFinished;

    /// <summary>The nearest nodes heard of, the nearest first. Some of them may not have answered.</summary>
    public IReadOnlyList<DhtId> Beam(DhtId key) => [.. _queries[key].Beam.Select(node => node.Id)];

    /// <summary>The next call to make, while there is room for one. Searches with nothing left to ask end here.</summary>
    public bool TryNext(out BeamCall call)
    {
        call = null!;
        if (_inFlight >= _maxInFlight)
            return false;

        Query? chosen = null;
        foreach (var query in _queries.Values)
        {
            if (query.IsFinished)
                continue;
            if (!query.TryPeek(out _))
                query.IsFinished = query.InFlight == 0;
            else if (chosen is null || IsBefore(query, chosen))
                chosen = query;
        }

        if (chosen is null)
            return false;
        chosen.TryPeek(out var node);
        var asked = new List<Query> { chosen };
        asked.AddRange(_queries.Values
            .Where(query => query != chosen && !query.IsFinished && !query.Visited.Contains(node))
            .OrderBy(query => query.Key.DistanceTo(node))
            .Take(_queriesPerCall - 1));
        foreach (var query in asked)
        {
            query.Visited.Add(node);
            query.InFlight++;
            query.Calls++;
        }

        _inFlight++;
        call = new BeamCall(node, [.. asked.Select(query => query.Key)]);
        return true;
    }

    /// <summary>The answer to a call: what the node named, key by key in the call's order; null when it did not answer.</summary>
    public void OnAnswer(BeamCall call, IReadOnlyList<IReadOnlyList<DhtId>>? neighbours)
    {
        _inFlight--;
        for (var i = 0; i < call.Queries.Count; i++)
        {
            var query = _queries[call.Queries[i]];
            query.InFlight--;
            if (neighbours is not null)
                query.Offer(neighbours[i]);
            if (query.Calls >= MaxCallsPerQuery)
                query.IsFinished = true;
        }
    }

    private static bool IsBefore(Query left, Query right)
    {
        if (left.InFlight != right.InFlight)
            return left.InFlight < right.InFlight;
        left.TryPeek(out var leftNode);
        right.TryPeek(out var rightNode);
        return leftNode.DistanceTo(left.Key) < rightNode.DistanceTo(right.Key);
    }

    private sealed class Query(DhtId key, int beamSize)
    {
        private readonly HashSet<DhtId> _known = [];
        private readonly PriorityQueue<DhtId, DhtId> _candidates = new();

        public DhtId Key => key;

        public bool IsFinished { get; set; }

        public int InFlight { get; set; }

        public int Calls { get; set; }

        public HashSet<DhtId> Visited { get; } = [];

        /// <summary>The nearest nodes, ordered by distance.</summary>
        public SortedSet<(DhtId Distance, DhtId Id)> Beam { get; } = [];

        public void Offer(IEnumerable<DhtId> nodes)
        {
            foreach (var node in nodes)
            {
                if (!_known.Add(node))
                    continue;
                var distance = node.DistanceTo(key);
                if (Beam.Count >= beamSize && distance > Beam.Max.Distance)
                    continue;
                Beam.Add((distance, node));
                _candidates.Enqueue(node, distance);
                if (Beam.Count > beamSize)
                    Beam.Remove(Beam.Max);
            }
        }

        /// <summary>The nearest node of the beam that was not asked.</summary>
        public bool TryPeek(out DhtId node)
        {
            while (_candidates.TryPeek(out node, out var distance))
            {
                if (Beam.Count >= beamSize && distance > Beam.Max.Distance)
                    return false;
                if (!Visited.Contains(node))
                    return true;
                _candidates.Dequeue();
            }

            return false;
        }
    }
}
