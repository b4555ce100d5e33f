using Microsoft.Extensions.Logging;
using PeerNet.Multiformats;

namespace PeerNet;

/// <summary>What the node itself logs; ids 9000 to 9099.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(9000, LogLevel.Warning, "{Warning}")]
    public static partial void IdentityFileWarning(this ILogger log, string warning);

    [LoggerMessage(9001, LogLevel.Information, "Not listening on {Address}: {Reason}")]
    public static partial void DefaultAddressLeftOut(this ILogger log, Multiaddress address, string reason);

}
