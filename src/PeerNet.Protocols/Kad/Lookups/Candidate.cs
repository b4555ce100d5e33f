using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Lookups;

/// <summary>What a lookup knows about a peer's answer.</summary>
internal enum CandidateState
{
    /// <summary>Heard of.</summary>
    Heard,

    /// <summary>Asked, and not yet late.</summary>
    Asked,

    /// <summary>Asked, and so late that others are asked beside it. It may still answer.</summary>
    Slow,

    /// <summary>It answered.</summary>
    Answered,

    /// <summary>It failed, or took too long.</summary>
    Failed,
}

/// <summary>A peer that a lookup has heard of.</summary>
internal sealed class Candidate(PeerId peer, Distance distance, int depth)
{
    // Implementation limit: more namers than a liar has colluders in one answer's reach would not change the decision.
    private const int MaxInformers = 4;

    private Candidate?[]? _informers;

    public PeerId Peer { get; } = peer;

    public Distance Distance { get; } = distance;

    /// <summary>Answers that led to it: 0 for a peer that was known at the start.</summary>
    public int Depth { get; } = depth;

    public CandidateState State { get; set; }

    public Instant AskedAt { get; set; }

    /// <summary>Peers that only this one named and that failed, less those that answered.</summary>
    public int Unmet { get; set; }

    /// <summary>Whether this node itself knew it at the start.</summary>
    public bool IsSeed { get; init; }

    public void NamedBy(Candidate informer)
    {
        if (IsSeed)
            return;
        _informers ??= new Candidate?[MaxInformers];
        for (var i = 0; i < _informers.Length && _informers[i] != informer; i++)
        {
            if (_informers[i] is not null)
                continue;
            _informers[i] = informer;
            return;
        }
    }

    /// <summary>Whether all who named it named too many that failed.</summary>
    public bool IsDiscredited(int limit)
    {
        if (IsSeed || _informers is null)
            return false;
        foreach (var informer in _informers)
        {
            if (informer is not null && informer.Unmet < limit)
                return false;
        }

        return true;
    }

    /// <summary>What became of it reflects on who named it.</summary>
    public void Reflect(bool answered)
    {
        if (_informers is null)
            return;
        foreach (var informer in _informers)
        {
            if (informer is not null)
                informer.Unmet += answered ? -1 : 1;
        }
    }
}
