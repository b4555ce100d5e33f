using PeerNet.Core.Errors;

namespace PeerNet.Swarm.Dialing;

/// <summary>Of several reasons why a dial failed, the one that says most.</summary>
internal static class DialReasons
{
    // What somebody decided, then what the peer did, then what happened on the way, then what was never tried.
    private static readonly DialFailure[] ByWeight =
    [
        DialFailure.ShuttingDown,
        DialFailure.ResourceLimit,
        DialFailure.UnexpectedPeer,
        DialFailure.UpgradeFailed,
        DialFailure.TimedOut,
        DialFailure.Unreachable,
        DialFailure.LocalNetwork,
        DialFailure.Gated,
        DialFailure.BackingOff,
        DialFailure.NameResolution,
        DialFailure.Self,
        DialFailure.NoAddresses,
    ];

    public static DialFailure Sum(IReadOnlyList<DialAttempt> attempts)
    {
        foreach (var reason in ByWeight)
        {
            foreach (var attempt in attempts)
            {
                if (attempt.Failure == reason)
                    return reason;
            }
        }

        return DialFailure.NoAddresses;
    }
}
