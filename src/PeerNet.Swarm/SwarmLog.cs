using Microsoft.Extensions.Logging;
using PeerNet.Core;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm;

/// <summary>The swarm's log messages; ids 3000 to 3099. What a single peer can cause is Debug.</summary>
internal static partial class SwarmLog
{
    [LoggerMessage(3000, LogLevel.Information, "Listening on {Address}")]
    public static partial void Listening(ILogger logger, Multiaddress address);

    [LoggerMessage(3001, LogLevel.Information, "No longer listening on {Address}")]
    public static partial void ListeningEnded(ILogger logger, Multiaddress address);

    [LoggerMessage(3002, LogLevel.Warning, "Accepting on {Address} failed; it is tried again")]
    public static partial void AcceptingFailed(ILogger logger, Exception error, Multiaddress address);

    [LoggerMessage(3003, LogLevel.Debug, "Inbound connection from {Remote} failed: {Reason}")]
    public static partial void InboundFailed(ILogger logger, Multiaddress remote, string reason);

    [LoggerMessage(3010, LogLevel.Debug, "Connection {Id} is open: peer {Peer} at {Address}")]
    public static partial void ConnectionOpened(ILogger logger, string id, PeerId peer, Multiaddress address);

    [LoggerMessage(3011, LogLevel.Debug, "Connection {Id} has ended: {Reason}")]
    public static partial void ConnectionClosed(ILogger logger, string id, string reason);

    [LoggerMessage(3012, LogLevel.Debug, "{Count} connections were trimmed; {Left} are left")]
    public static partial void Trimmed(ILogger logger, int count, int left);

    [LoggerMessage(3020, LogLevel.Error, "Accepting streams of connection {Id} failed; the connection is ended")]
    public static partial void AcceptingStreamsFailed(ILogger logger, Exception error, string id);

    [LoggerMessage(3021, LogLevel.Error, "Serving a stream of connection {Id} failed")]
    public static partial void ServingFailed(ILogger logger, Exception error, string id);

    [LoggerMessage(3022, LogLevel.Error, "The handler of {Protocol} threw; the stream was reset")]
    public static partial void HandlerFailed(ILogger logger, Exception error, ProtocolId protocol);

    [LoggerMessage(3023, LogLevel.Error, "A handler threw when it was told that connection {Id} has ended")]
    public static partial void TellingHandlersFailed(ILogger logger, Exception error, string id);

    [LoggerMessage(3030, LogLevel.Debug, "Peer {Peer} could not be dialled: {Reason}")]
    public static partial void DialFailed(ILogger logger, PeerId? peer, string reason);

    [LoggerMessage(3040, LogLevel.Error, "The maintenance task {Task} failed; it goes on")]
    public static partial void MaintenanceFailed(ILogger logger, Exception error, string task);

    [LoggerMessage(3050, LogLevel.Debug, "Peer {Peer} broke {Protocol} ({Kind}): {Detail}")]
    public static partial void Misbehaved(ILogger logger, PeerId peer, string protocol, string kind, string detail);

}
