using PeerNet.Core.Errors;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Tensors;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>One step of averaging. Immutable.</summary>
public sealed record AveragingStep
{
    /// <summary>The defaults.</summary>
    public static AveragingStep Default { get; } = new();

    /// <summary>What to give to the members of the group.</summary>
    public HivemindValue Gather { get; init; } = HivemindValue.Nil;

    /// <summary>How much the own tensors count: finite and not negative.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>After which time to begin at the earliest; null takes <see cref="AveragerOptions.MatchmakingTime"/>.</summary>
    public TimeSpan? ScheduledIn { get; init; }

    /// <summary>The longest search for a group, all retries together.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether to look for another group when one fails.</summary>
    public bool Retries { get; init; } = true;
}

/// <summary>A member of the group, and what it gave.</summary>
/// <param name="Peer">Who.</param>
/// <param name="Gather">What it gave.</param>
/// <param name="Mode">How it took part.</param>
public sealed record AveragingMember(PeerId Peer, HivemindValue Gather, AveragingMode Mode);

/// <summary>A step that averaged.</summary>
/// <param name="Leader">Who put the group together.</param>
/// <param name="Members">The group, in the order of its shares.</param>
/// <param name="ReceivedFraction">The part of the own elements whose averages came: less than one when members failed.</param>
public sealed record AveragingResult(PeerId Leader, IReadOnlyList<AveragingMember> Members, double ReceivedFraction);

/// <summary>The state of an averager.</summary>
/// <param name="Donor">Who gave it.</param>
/// <param name="Metadata">What went with it.</param>
/// <param name="Tensors">Its tensors.</param>
public sealed record AveragerState(PeerId Donor, HivemindValue Metadata, IReadOnlyList<Tensor> Tensors);

/// <summary>Why a step failed.</summary>
public enum AveragingFailure
{
    /// <summary>No group was found in time.</summary>
    NoGroup,

    /// <summary>What the members of the group told of themselves does not make a round: a stated bandwidth, or nobody who averages.</summary>
    UnfitGroup,

    /// <summary>The round took too long.</summary>
    TimedOut,
}

/// <summary>A step of averaging failed.</summary>
public sealed class AveragingException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public AveragingException(AveragingFailure reason, string message)
        : base(message) => Reason = reason;

    /// <summary>Why.</summary>
    public AveragingFailure Reason { get; }
}
