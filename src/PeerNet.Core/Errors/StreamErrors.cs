using PeerNet.Core.Resources;

namespace PeerNet.Core.Errors;

/// <summary>
/// Error codes that a stream reset or a connection close carries, as go-libp2p assigns them. Zero means none was given.
/// </summary>
public static class ErrorCodes
{
    /// <summary>No code.</summary>
    public const uint None = 0;

    /// <summary>Stream: no protocol was agreed on.</summary>
    public const uint StreamNegotiationFailed = 0x1001;

    /// <summary>Stream: a resource limit was reached.</summary>
    public const uint StreamResourceLimit = 0x1002;

    /// <summary>Stream: too many requests.</summary>
    public const uint StreamRateLimited = 0x1003;

    /// <summary>Stream: the peer broke the protocol.</summary>
    public const uint StreamProtocolViolation = 0x1004;

    /// <summary>Stream: the node is shutting down.</summary>
    public const uint StreamShutdown = 0x1007;

    /// <summary>Stream: refused by the gater.</summary>
    public const uint StreamGated = 0x1008;

    /// <summary>Connection: a resource limit was reached.</summary>
    public const uint ConnectionResourceLimit = 0x1001;

    /// <summary>Connection: too many requests.</summary>
    public const uint ConnectionRateLimited = 0x1002;

    /// <summary>Connection: the peer broke the protocol.</summary>
    public const uint ConnectionProtocolViolation = 0x1003;

    /// <summary>Connection: replaced by a better one.</summary>
    public const uint ConnectionSupplanted = 0x1004;

    /// <summary>Connection: trimmed by the connection manager.</summary>
    public const uint ConnectionGarbageCollected = 0x1005;

    /// <summary>Connection: the node is shutting down.</summary>
    public const uint ConnectionShutdown = 0x1006;

    /// <summary>Connection: refused by the gater.</summary>
    public const uint ConnectionGated = 0x1007;
}

/// <summary>A stream was reset, by the peer or by this node.</summary>
public sealed class StreamResetException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public StreamResetException(bool byPeer, uint code, string? message = null)
        : base(message ?? (byPeer ? "The peer reset the stream" : "The stream was reset by this node") + (code == 0 ? "." : $" (code 0x{code:x})."))
    {
        ByPeer = byPeer;
        Code = code;
    }

    /// <summary>Whether the peer did it.</summary>
    public bool ByPeer { get; }

    /// <summary>The code that came with it; see <see cref="ErrorCodes"/>.</summary>
    public uint Code { get; }
}

/// <summary>Who ended a connection, and how.</summary>
public enum ConnectionCloseReason
{
    /// <summary>This node closed it.</summary>
    Local,

    /// <summary>The peer closed it in good order.</summary>
    Remote,

    /// <summary>The transport failed: a reset, or the network went away.</summary>
    TransportFailure,

    /// <summary>The peer broke a protocol.</summary>
    ProtocolViolation,

    /// <summary>The peer did not answer a keep-alive in time.</summary>
    KeepAliveTimeout,
}

/// <summary>The connection is closed.</summary>
public sealed class ConnectionClosedException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public ConnectionClosedException(ConnectionCloseReason reason, string message, uint code = 0, Exception? inner = null)
        : base(message, inner)
    {
        Reason = reason;
        Code = code;
    }

    /// <summary>Who ended it, and how.</summary>
    public ConnectionCloseReason Reason { get; }

    /// <summary>The code that came with it; see <see cref="ErrorCodes"/>.</summary>
    public uint Code { get; }
}

/// <summary>A resource limit was reached; the message names the scope and the limit.</summary>
public sealed class ResourceLimitException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public ResourceLimitException(ResourceRefusal refusal)
        : base(refusal.ToString()) => Refusal = refusal;

    /// <summary>Which scope refused, and its limit.</summary>
    public ResourceRefusal Refusal { get; }
}

/// <summary>The peer sent something that its protocol forbids.</summary>
public sealed class ProtocolViolationException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    /// <param name="protocol">The protocol that was broken.</param>
    /// <param name="message">What the peer did.</param>
    /// <param name="inner">The underlying error.</param>
    public ProtocolViolationException(string protocol, string message, Exception? inner = null)
        : base($"{protocol}: {message}", inner) => Protocol = protocol;

    /// <summary>The protocol that was broken.</summary>
    public string Protocol { get; }
}
