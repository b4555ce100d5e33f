using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using PeerNet.Core.Connections;

namespace PeerNet.Control;

/// <summary>Streams that drivers keep open under a handle, over all sessions of one node. Bounded; thread-safe.</summary>
internal sealed class KeptStreams
{
    /// <summary>Implementation limit: scenarios keep a few thousand at most.</summary>
    private const int MaxStreams = 100_000;

    private readonly ConcurrentDictionary<string, KeptStream> _streams = new();
    private int _last;

    /// <summary>Keeps a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="collect">Whether what arrives is read at once, for a later <c>read</c>; otherwise nobody reads.</param>
    /// <param name="emit">Is told of the stream's end.</param>
    public KeptStream Keep(PeerStream stream, bool collect, Func<string, JsonObject, Task> emit)
    {
        if (_streams.Count >= MaxStreams)
            RemoveClosed();
        if (_streams.Count >= MaxStreams)
            throw new ControlException(ControlErrors.ResourceLimit, $"{MaxStreams} streams are kept already");
        var handle = $"s{Interlocked.Increment(ref _last)}";
        var kept = new KeptStream(handle, stream, collect);
        _streams[handle] = kept;
        _ = ReportEndAsync(kept, emit);
        return kept;
    }

    /// <summary>Finds a stream by its handle.</summary>
    public KeptStream Get(string handle)
        => _streams.TryGetValue(handle, out var kept) ? kept : throw new ControlException(ControlErrors.NotFound, $"no stream {handle}");

    private static async Task ReportEndAsync(KeptStream kept, Func<string, JsonObject, Task> emit)
    {
        await kept.Stream.Closed.ConfigureAwait(false);
        var error = kept.Error;
        await emit("stream:close", new JsonObject { ["stream"] = kept.Handle, ["status"] = error is null ? "closed" : "reset", ["error"] = error?.Message }).ConfigureAwait(false);
    }

    // A closed stream stays readable until its place is needed.
    private void RemoveClosed()
    {
        foreach (var (handle, kept) in _streams)
        {
            if (kept.Stream.Closed.IsCompleted)
                _streams.TryRemove(handle, out _);
        }
    }
}
