using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// The pings of this end, at most one unanswered, and the round-trip time they measure. The estimate follows a shorter sample at once and
/// a longer one by a quarter at most: a ping that waited behind bulk data, or for a thread, says more about the queue than about the path.
/// </summary>
internal struct PingLedger
{
    private uint _next;
    private bool _outstanding;
    private Instant _sentAt;
    private Instant _sampledAt;
    private int _samples;

    /// <summary>The estimate; null before the first pong.</summary>
    public TimeSpan? RoundTripTime { get; private set; }

    /// <summary>Whether a ping is to be sent.</summary>
    public bool IsDue { get; private set; }

    /// <summary>Whether a ping is unanswered; <see cref="SentAt"/> tells since when.</summary>
    public readonly bool IsOutstanding => _outstanding;

    /// <summary>When the unanswered ping was sent.</summary>
    public readonly Instant SentAt => _sentAt;

    /// <summary>Whether it is time for another measurement, on a connection where data flows.</summary>
    public readonly bool IsStale(Instant now)
        => _samples == 0 || now - _sampledAt >= (_samples < YamuxProtocol.FirstRttSamples ? YamuxProtocol.FirstRttInterval : YamuxProtocol.RttInterval);

    /// <summary>Asks for a ping; nothing happens while one is unanswered.</summary>
    public void Request() => IsDue |= !_outstanding;

    /// <summary>The due ping is being sent.</summary>
    public uint Send(Instant now)
    {
        IsDue = false;
        _outstanding = true;
        _sentAt = now;
        return _next;
    }

    /// <summary>A pong came; false when it answers no ping of ours.</summary>
    public bool TryComplete(uint value, Instant now)
    {
        if (!_outstanding || value != _next)
            return false;
        _outstanding = false;
        _next++;
        _sampledAt = now;
        _samples++;
        var sample = now - _sentAt;
        RoundTripTime = RoundTripTime is not { } estimate || sample < estimate * 1.25 ? sample : estimate * 1.25;
        return true;
    }
}
