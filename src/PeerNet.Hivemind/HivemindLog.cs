using Microsoft.Extensions.Logging;
using PeerNet.Identity;

namespace PeerNet.Hivemind;

/// <summary>Hivemind's log messages; ids 6000 to 6019. What a single peer can cause is Debug.</summary>
internal static partial class HivemindLog
{
    [LoggerMessage(6000, LogLevel.Information, "Joined a Hivemind swarm as {NodeId}: {Known} nodes known")]
    public static partial void Joined(this ILogger log, Dht.DhtId nodeId, int known);

    [LoggerMessage(6001, LogLevel.Information, "Left the Hivemind swarm as {NodeId}")]
    public static partial void Left(this ILogger log, Dht.DhtId nodeId);

    [LoggerMessage(6002, LogLevel.Debug, "Initial peer {Address} is no help: {Reason}")]
    public static partial void InitialPeerFailed(this ILogger log, string address, string reason);

    [LoggerMessage(6003, LogLevel.Debug, "Node {NodeId} at {Peer} is a member of the table")]
    public static partial void MemberArrived(this ILogger log, Dht.DhtId nodeId, PeerId peer);

    [LoggerMessage(6004, LogLevel.Debug, "{Peer} is no member of the table any more")]
    public static partial void MemberLeft(this ILogger log, PeerId peer);

    [LoggerMessage(6005, LogLevel.Debug, "{Method} at {Peer} failed: {Reason}")]
    public static partial void CallFailed(this ILogger log, string method, PeerId peer, string reason);

    [LoggerMessage(6006, LogLevel.Debug, "Handing {Count} records over to {Peer}")]
    public static partial void HandsOver(this ILogger log, int count, PeerId peer);
}
