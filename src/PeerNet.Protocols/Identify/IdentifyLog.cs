using Microsoft.Extensions.Logging;
using PeerNet.Identity;

namespace PeerNet.Protocols.Identify;

/// <summary>Identify's log messages; ids 5000 to 5019. What a single peer can cause is Debug.</summary>
internal static partial class IdentifyLog
{
    [LoggerMessage(5000, LogLevel.Debug, "Peer {Peer} did not tell what it is: {Reason}")]
    public static partial void Failed(ILogger logger, PeerId peer, string reason);

    [LoggerMessage(5001, LogLevel.Debug, "The push to peer {Peer} failed: {Reason}")]
    public static partial void PushFailed(ILogger logger, PeerId peer, string reason);

    [LoggerMessage(5002, LogLevel.Error, "Identifying peer {Peer} failed by a fault of this node")]
    public static partial void Faulted(ILogger logger, Exception error, PeerId peer);

    [LoggerMessage(5003, LogLevel.Error, "Pushing changes failed by a fault of this node; it goes on")]
    public static partial void PushFaulted(ILogger logger, Exception error);
}
