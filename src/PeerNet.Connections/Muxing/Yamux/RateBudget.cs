using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>A token bucket for things that a well-behaved peer does seldom: so many at once, so many a second after that.</summary>
internal struct RateBudget(int burst, int perSecond, Instant now)
{
    private long _left = burst;
    private Instant _filledAt = now;

    /// <summary>Takes one; false when the peer has used them up.</summary>
    public bool TryTake(Instant now)
    {
        if (_left == 0)
            Refill(now);
        if (_left == 0)
            return false;
        _left--;
        return true;
    }

    private void Refill(Instant now)
    {
        var earned = (now - _filledAt).Ticks * perSecond / TimeSpan.TicksPerSecond;
        if (earned <= 0)
            return;
        _left = Math.Min(burst, earned);
        _filledAt = now;
    }
}
