using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Petals;

/// <summary>
/// Round trips to servers, smoothed as Petals does: a fifth of the new one and four fifths of the old, an infinite old one replaced. Each
/// counts for five minutes after its last measurement. Bounded; thread-safe.
/// </summary>
public sealed class PingAverages(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, (double Seconds, Instant End)> _averages = [];

    /// <summary>Enters a round trip.</summary>
    /// <param name="peer">To whom.</param>
    /// <param name="roundTrip">How long it took; null when there was no answer.</param>
    public void Add(PeerId peer, TimeSpan? roundTrip)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var now = time.GetInstant();
        var seconds = roundTrip?.TotalSeconds ?? double.PositiveInfinity;
        lock (_lock)
        {
            if (_averages.TryGetValue(peer, out var old) && old.End > now && double.IsFinite(old.Seconds))
                seconds = (PetalsProtocol.PingAlpha * seconds) + ((1 - PetalsProtocol.PingAlpha) * old.Seconds);
            _averages[peer] = (seconds, now + PetalsProtocol.PingLifetime);
            if (_averages.Count > PetalsProtocol.MaxListItems)
                _averages.Remove(_averages.MinBy(pair => pair.Value.End).Key);
        }
    }

    /// <summary>The averages that count now, in the form of <see cref="ServerInfo.NextPings"/>.</summary>
    public IReadOnlyDictionary<string, double> ToNextPings()
    {
        var now = time.GetInstant();
        lock (_lock)
            return _averages.Where(pair => pair.Value.End > now).ToDictionary(pair => pair.Key.ToString(), pair => pair.Value.Seconds);
    }
}
