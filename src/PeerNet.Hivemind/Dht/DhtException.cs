using PeerNet.Core.Errors;

namespace PeerNet.Hivemind.Dht;

/// <summary>Why a node did not join.</summary>
public enum DhtFailure
{
    /// <summary>None of the initial peers answered.</summary>
    NoInitialPeer,

    /// <summary>The clocks of this node and of an initial peer are too far apart.</summary>
    ClockSkew,

    /// <summary>An initial peer could not call this node back.</summary>
    NotReachable,
}

/// <summary>A node could not take part in the table.</summary>
public sealed class DhtException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public DhtException(DhtFailure reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>Why.</summary>
    public DhtFailure Reason { get; }
}
