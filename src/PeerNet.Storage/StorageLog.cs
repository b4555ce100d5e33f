using Microsoft.Extensions.Logging;

namespace PeerNet.Storage;

/// <summary>What storage logs; ids 8000 to 8099.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(8000, LogLevel.Warning, "{Path} is damaged ({Reason}) and was put aside as {Aside}; the node starts with an empty memory")]
    public static partial void PutAside(ILogger log, string path, string aside, string reason);

    [LoggerMessage(8001, LogLevel.Warning, "Writing to the database fails ({Reason}); the node goes on and tries again")]
    public static partial void WriteFailed(ILogger log, string reason);

    [LoggerMessage(8002, LogLevel.Information, "Writing to the database works again")]
    public static partial void WriteRecovered(ILogger log);

    [LoggerMessage(8003, LogLevel.Warning, "{Count} rows of {Table} could not be read and were left out")]
    public static partial void RowsLeftOut(ILogger log, int count, string table);
}
