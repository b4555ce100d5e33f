using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Core.Errors;

/// <summary>Why one address, or a whole peer, could not be dialled.</summary>
public enum DialFailure
{
    /// <summary>No address is known, or none that a configured transport can dial.</summary>
    NoAddresses,

    /// <summary>The operating system refused, or the remote host did not answer.</summary>
    Unreachable,

    /// <summary>The local network is down: it says nothing about the peer and does not raise its back-off.</summary>
    LocalNetwork,

    /// <summary>The attempt took longer than its deadline.</summary>
    TimedOut,

    /// <summary>The connection came up, but its security or muxer negotiation failed.</summary>
    UpgradeFailed,

    /// <summary>Somebody else answered at that address.</summary>
    UnexpectedPeer,

    /// <summary>The connection gater refused the peer or the address.</summary>
    Gated,

    /// <summary>A resource limit was reached.</summary>
    ResourceLimit,

    /// <summary>The address failed a moment ago and is not tried again yet.</summary>
    BackingOff,

    /// <summary>The name in the address does not resolve.</summary>
    NameResolution,

    /// <summary>A peer cannot dial itself.</summary>
    Self,

    /// <summary>The node is shutting down.</summary>
    ShuttingDown,
}

/// <summary>What became of one address of a dial.</summary>
/// <param name="Address">The address tried.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="Error">The underlying error, where there is one.</param>
public sealed record DialAttempt(Multiaddress Address, DialFailure Failure, Exception? Error);

/// <summary>A peer could not be reached; <see cref="Attempts"/> tells what became of each address.</summary>
public sealed class DialException : PeerNetException
{
    // More addresses than a person reads one by one are told by reason.
    private const int MaxDescribed = 4;

    /// <summary>Creates the error.</summary>
    public DialException(PeerId? peer, DialFailure reason, IReadOnlyList<DialAttempt> attempts, Exception? inner = null)
        : base(Describe(peer, reason, attempts), inner)
    {
        Peer = peer;
        Reason = reason;
        Attempts = attempts;
    }

    /// <summary>The peer that was wanted, where it was known.</summary>
    public PeerId? Peer { get; }

    /// <summary>Why the dial as a whole failed: of several reasons, the one that says most.</summary>
    public DialFailure Reason { get; }

    /// <summary>One entry for each address tried.</summary>
    public IReadOnlyList<DialAttempt> Attempts { get; }

    private static string Describe(PeerId? peer, DialFailure reason, IReadOnlyList<DialAttempt> attempts)
    {
        var target = peer is null ? "the address" : $"peer {peer}";
        var text = $"Could not dial {target}: {Name(reason)}.";
        if (attempts.Count > MaxDescribed)
        {
            var groups = attempts.GroupBy(attempt => attempt.Failure).OrderByDescending(group => group.Count());
            return $"{text} Of {attempts.Count} addresses: {string.Join(", ", groups.Select(group => $"{group.Count()} {Name(group.Key)}"))}.";
        }

        foreach (var attempt in attempts)
            text += $" {attempt.Address}: {Name(attempt.Failure)}{(attempt.Error is null ? "" : $" ({attempt.Error.Message})")}.";
        return text;
    }

    private static string Name(DialFailure reason) => reason switch
    {
        DialFailure.NoAddresses => "no address that can be dialled",
        DialFailure.Unreachable => "unreachable",
        DialFailure.LocalNetwork => "the local network is unreachable",
        DialFailure.TimedOut => "timed out",
        DialFailure.UpgradeFailed => "security or muxer negotiation failed",
        DialFailure.UnexpectedPeer => "another peer answered",
        DialFailure.Gated => "refused by the connection gater",
        DialFailure.ResourceLimit => "a resource limit was reached",
        DialFailure.BackingOff => "backing off after an earlier failure",
        DialFailure.NameResolution => "the name does not resolve",
        DialFailure.Self => "that is this node itself",
        _ => "the node is shutting down",
    };
}

/// <summary>What went wrong in a security handshake.</summary>
public enum HandshakeFailure
{
    /// <summary>The peer's bytes break the protocol.</summary>
    Malformed,

    /// <summary>A signature, tag or certificate does not verify.</summary>
    Unauthenticated,

    /// <summary>The peer proved another identity than the one that was dialled.</summary>
    UnexpectedPeer,

    /// <summary>The peer closed the connection before the handshake ended.</summary>
    Closed,

    /// <summary>The handshake took longer than its deadline.</summary>
    TimedOut,

    /// <summary>The two private networks have different keys.</summary>
    PrivateNetwork,
}

/// <summary>A connection was not secured.</summary>
public sealed class HandshakeException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public HandshakeException(HandshakeFailure reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>What went wrong.</summary>
    public HandshakeFailure Reason { get; }
}

/// <summary>Why a protocol was not agreed on.</summary>
public enum NegotiationFailure
{
    /// <summary>The peer supports none of the proposed protocols.</summary>
    Unsupported,

    /// <summary>The peer's bytes are not multistream-select.</summary>
    Malformed,

    /// <summary>The stream or connection ended first.</summary>
    Closed,

    /// <summary>The negotiation took longer than its deadline.</summary>
    TimedOut,
}

/// <summary>multistream-select did not agree on a protocol.</summary>
public sealed class NegotiationException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public NegotiationException(NegotiationFailure reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>Why.</summary>
    public NegotiationFailure Reason { get; }
}
