namespace PeerNet.Protocols.Kad.Lookups;

/// <summary>How a lookup ended.</summary>
public enum LookupOutcome
{
    /// <summary>It is still running.</summary>
    Running,

    /// <summary>The nearest peers have all answered.</summary>
    Converged,

    /// <summary>There was nobody left to ask, and fewer than wanted answered: a small network, or a table of dead peers.</summary>
    Starved,

    /// <summary>Its time was over; what it has is partial.</summary>
    TimedOut,

    /// <summary>It asked as many peers as it may; what it has is partial.</summary>
    Exhausted,

    /// <summary>Whoever wanted it had enough.</summary>
    Stopped,
}
