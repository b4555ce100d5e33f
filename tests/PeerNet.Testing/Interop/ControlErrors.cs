namespace PeerNet.Testing.Interop;

/// <summary>Names of errors that all peers share, and two that the harness itself reports.</summary>
public static class ControlErrors
{
    /// <summary>The peer has no such command: the scenario does not apply to it.</summary>
    public const string UnsupportedCommand = "UnsupportedCommand";

    /// <summary>The remote peer serves none of the protocols.</summary>
    public const string UnsupportedProtocol = "UnsupportedProtocolError";

    /// <summary>The remote peer is not the one that the address names.</summary>
    public const string UnexpectedPeer = "UnexpectedPeerError";

    /// <summary>The command's time was up; the harness says so too when a peer fails to.</summary>
    public const string Timeout = "TimeoutError";

    /// <summary>The remote peer reset the stream.</summary>
    public const string StreamReset = "StreamResetError";

    /// <summary>There is no such record, peer or provider.</summary>
    public const string NotFound = "NotFoundError";

    /// <summary>The connection is relayed and the protocol does not run over such.</summary>
    public const string LimitedConnection = "LimitedConnectionError";

    /// <summary>A limit of the peer's resource manager.</summary>
    public const string ResourceLimit = "ResourceLimitError";

    /// <summary>Said by the harness: the process ended before it answered.</summary>
    public const string PeerExited = "PeerExited";
}
