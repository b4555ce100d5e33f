using Microsoft.Extensions.Logging;
using PeerNet.Core;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad;

/// <summary>Kademlia's log messages; ids 5100 to 5119. What a single peer can cause is Debug.</summary>
internal static partial class KadLog
{
    [LoggerMessage(5100, LogLevel.Information, "{Protocol}: the routing table has its first peers")]
    public static partial void Joined(ILogger logger, ProtocolId protocol);

    [LoggerMessage(5101, LogLevel.Warning, "{Protocol}: none of the peers to begin with could be reached; it is tried again")]
    public static partial void BootstrapFailed(ILogger logger, ProtocolId protocol);

    [LoggerMessage(5102, LogLevel.Information, "{Protocol}: requests of others are {State}")]
    public static partial void Serving(ILogger logger, ProtocolId protocol, string state);

    [LoggerMessage(5103, LogLevel.Debug, "{Protocol}: peer {Peer} did not answer: {Reason}")]
    public static partial void RequestFailed(ILogger logger, ProtocolId protocol, PeerId peer, string reason);

    [LoggerMessage(5104, LogLevel.Error, "{Protocol}: upkeep failed by a fault of this node; it goes on")]
    public static partial void UpkeepFaulted(ILogger logger, Exception error, ProtocolId protocol);

    [LoggerMessage(5105, LogLevel.Warning, "{Protocol}: a record of this node could not be sent out anew: {Reason}")]
    public static partial void RepublishFailed(ILogger logger, ProtocolId protocol, string reason);
}
