using PeerNet.Core.Time;

namespace PeerNet.Protocols.Identify;

/// <summary>How far identify is with one connection. Thread-safe.</summary>
internal sealed class IdentifyState
{
    private readonly TaskCompletionSource<bool> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Instant _lastRefresh = Instant.MinValue;
    private int _started;
    private long _toldRevision;

    /// <summary>Completes with the first attempt: whether the peer told what it is. It never faults.</summary>
    public Task<bool> Outcome => _outcome.Task;

    /// <summary>The revision of this node's addresses and protocols that the peer was told last; 0 when it was told none.</summary>
    public long ToldRevision => Interlocked.Read(ref _toldRevision);

    /// <summary>True for the first caller only.</summary>
    public bool TryStart() => Interlocked.Exchange(ref _started, 1) == 0;

    /// <summary>The first attempt has ended; what later ones bring changes nothing here.</summary>
    public void Ended(bool identified) => _outcome.TrySetResult(identified);

    /// <summary>The peer was told a revision.</summary>
    public void Told(long revision)
    {
        lock (_lock)
            _toldRevision = Math.Max(_toldRevision, revision);
    }

    /// <summary>Whether the peer may be asked anew on account of a push; remembers that it was.</summary>
    public bool TryRefresh(Instant now, TimeSpan interval)
    {
        lock (_lock)
        {
            if (_lastRefresh != Instant.MinValue && now - _lastRefresh < interval)
                return false;
            _lastRefresh = now;
            return true;
        }
    }
}
