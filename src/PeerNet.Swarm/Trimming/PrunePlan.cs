using PeerNet.Core.Resources;
using PeerNet.Core.Time;

namespace PeerNet.Swarm.Trimming;

/// <summary>A connection as the trimmer sees it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="Direction">Who opened it.</param>
/// <param name="Streams">Open streams.</param>
/// <param name="Score">Sum of its peer's tags.</param>
/// <param name="IsProtected">Whether its peer is protected.</param>
/// <param name="IsLimited">Whether it runs over a relay with limits.</param>
internal readonly record struct PruneCandidate(long Number, Instant OpenedAt, Direction Direction, int Streams, int Score, bool IsProtected, bool IsLimited);

/// <summary>
/// Which connections go when there are too many: never protected or young ones; of the rest those of the least score first, among equals
/// those over relays, those without streams, those that peers opened, and the older ones. Pure.
/// </summary>
internal static class PrunePlan
{
    /// <returns>Numbers of the connections to close; empty while there are no more than the high watermark.</returns>
    public static List<long> Make(IReadOnlyCollection<PruneCandidate> connections, ConnectionManagerOptions options, Instant now)
    {
        if (connections.Count <= options.HighWatermark)
            return [];
        return
        [
            .. connections
                .Where(c => !c.IsProtected && now - c.OpenedAt >= options.GracePeriod)
                .OrderBy(c => c.Score)
                .ThenByDescending(c => c.IsLimited)
                .ThenBy(c => c.Streams)
                .ThenByDescending(c => c.Direction == Direction.Inbound)
                .ThenBy(c => c.OpenedAt)
                .ThenBy(c => c.Number)
                .Take(connections.Count - options.LowWatermark)
                .Select(c => c.Number),
        ];
    }
}
