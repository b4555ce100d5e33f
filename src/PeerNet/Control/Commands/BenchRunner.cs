using System.Text.Json.Nodes;
using PeerNet.Core.Time;

namespace PeerNet.Control.Commands;

/// <summary>Runs an operation many times on several workers and reports rate and percentiles.</summary>
internal static class BenchRunner
{
    public static async ValueTask<JsonNode?> RunAsync(TimeProvider time, int count, int workers, Func<int, ValueTask<Func<CancellationToken, ValueTask>>> prepare, CancellationToken token)
    {
        workers = Math.Min(workers, count);
        var operations = new Func<CancellationToken, ValueTask>[workers];
        for (var i = 0; i < workers; i++)
            operations[i] = await prepare(i).ConfigureAwait(false);
        var ticks = new long[count];
        var next = -1;
        var start = time.GetInstant();
        await Task.WhenAll(operations.Select(operation => Task.Run(() => WorkAsync(operation), token))).ConfigureAwait(false);
        var elapsed = (time.GetInstant() - start).TotalSeconds;
        Array.Sort(ticks);
        return new JsonObject
        {
            ["count"] = count,
            ["seconds"] = Math.Round(elapsed, 6),
            ["perSecond"] = Math.Round(count / Math.Max(elapsed, 1e-9), 2),
            ["p50us"] = Percentile(ticks, 0.50),
            ["p90us"] = Percentile(ticks, 0.90),
            ["p99us"] = Percentile(ticks, 0.99),
            ["concurrency"] = workers,
        };

        async Task WorkAsync(Func<CancellationToken, ValueTask> operation)
        {
            while (Interlocked.Increment(ref next) is var index && index < count)
            {
                var from = time.GetTimestamp();
                await operation(token).ConfigureAwait(false);
                ticks[index] = time.GetElapsedTime(from).Ticks;
            }
        }
    }

    private static double Percentile(long[] sorted, double share)
        => sorted.Length == 0 ? 0 : Math.Round(sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))] / 10.0, 1);
}
