using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Dialing;

/// <summary>
/// Addresses that failed a moment ago and are not tried again yet: 5 s plus 1 s times the square of the failures, at most 5 min, as
/// go-libp2p does. Bounded. Pure; not thread-safe.
/// </summary>
internal sealed class DialBackoff
{
    /// <summary>Implementation limit, go's.</summary>
    public static readonly TimeSpan Base = TimeSpan.FromSeconds(5);

    /// <summary>Implementation limit, go's.</summary>
    public static readonly TimeSpan Coefficient = TimeSpan.FromSeconds(1);

    /// <summary>Implementation limit, go's.</summary>
    public static readonly TimeSpan Maximum = TimeSpan.FromMinutes(5);

    /// <summary>Implementation limit: addresses remembered. Forgetting one only means that it is tried sooner.</summary>
    public const int MaxEntries = 8192;

    private readonly Dictionary<(PeerId Peer, Multiaddress Address), Entry> _entries = [];

    public int Count => _entries.Count;

    public bool IsBackingOff(PeerId peer, Multiaddress address, Instant now)
        => _entries.TryGetValue((peer, address), out var entry) && now < entry.Until;

    public void OnFailed(PeerId peer, Multiaddress address, Instant now)
    {
        var failures = _entries.TryGetValue((peer, address), out var entry) && now < entry.ForgottenAt ? entry.Failures : 0;
        if (_entries.Count >= MaxEntries)
            Collect(now);
        if (_entries.Count >= MaxEntries)
            return;
        var wait = Base + (Coefficient * ((double)failures * failures));
        if (wait > Maximum)
            wait = Maximum;
        // The count outlives the wait by as much again, else a peer that is tried rarely would start anew each time.
        _entries[(peer, address)] = new Entry(failures + 1, now + wait, now + (2 * wait));
    }

    public void OnSucceeded(PeerId peer, Multiaddress address) => _entries.Remove((peer, address));

    /// <summary>Forgets what a peer's addresses did, when it is seen to be alive.</summary>
    public void Clear(PeerId peer)
    {
        foreach (var key in _entries.Keys)
        {
            if (key.Peer == peer)
                _entries.Remove(key);
        }
    }

    public void Collect(Instant now)
    {
        foreach (var (key, entry) in _entries)
        {
            if (entry.ForgottenAt <= now)
                _entries.Remove(key);
        }
    }

    private readonly record struct Entry(int Failures, Instant Until, Instant ForgottenAt);
}
