using PeerNet.Core.Errors;

namespace PeerNet.Protocols.Kad;

/// <summary>Why an operation on the table could not be done at all.</summary>
public enum KadFailure
{
    /// <summary>The routing table is empty, and nobody came to fill it in time.</summary>
    NoPeers,

    /// <summary>The record is not good: its namespace is not known, or its validator refuses it.</summary>
    InvalidRecord,

    /// <summary>A better record of the same key is known already.</summary>
    OlderRecord,
}

/// <summary>An operation on the distributed hash table could not be done at all.</summary>
public sealed class KadException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public KadException(KadFailure reason, string message)
        : base(message) => Reason = reason;

    /// <summary>Why.</summary>
    public KadFailure Reason { get; }
}
