using PeerNet.Core.Time;

namespace PeerNet.Hivemind.Auth;

/// <summary>Nonces seen a short while ago. Bounded: when it is full, new ones are refused rather than old ones forgotten. Not thread-safe.</summary>
internal sealed class NonceLog(TimeSpan keep, int capacity)
{
    private readonly HashSet<ulong> _seen = [];
    private readonly Queue<(ulong Nonce, Instant At)> _order = [];

    public int Count => _seen.Count;

    /// <summary>Whether a nonce is new; it is not any more afterwards.</summary>
    public bool TryAdd(ulong nonce, Instant now)
    {
        while (_order.TryPeek(out var oldest) && now - oldest.At > keep)
            _seen.Remove(_order.Dequeue().Nonce);
        if (_seen.Count >= capacity || !_seen.Add(nonce))
            return false;
        _order.Enqueue((nonce, now));
        return true;
    }
}
