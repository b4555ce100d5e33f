using PeerNet.Core;

namespace PeerNet.Swarm.Streams;

/// <summary>One handler with its options. Its identity is what inbound streams are counted by.</summary>
internal sealed class HandlerRegistration(HandlerRegistry owner, ProtocolId? protocol, Func<ProtocolId, bool>? match, StreamHandler handler, HandlerOptions options)
    : IDisposable
{
    private long _lastErrorLogged = long.MinValue;

    /// <summary>The protocol; null for a handler of many.</summary>
    public ProtocolId? Protocol => protocol;

    public StreamHandler Handler => handler;

    public HandlerOptions Options => options;

    public bool Matches(ProtocolId wanted) => match is null ? wanted == protocol : match(wanted);

    /// <summary>Whether an error of this handler may be logged now: once a second, since peers decide how often it fails.</summary>
    public bool MayLogError(TimeProvider time)
    {
        var now = time.GetTimestamp();
        var last = Interlocked.Read(ref _lastErrorLogged);
        return (last == long.MinValue || time.GetElapsedTime(last, now) >= TimeSpan.FromSeconds(1))
            && Interlocked.CompareExchange(ref _lastErrorLogged, now, last) == last;
    }

    public void Dispose() => owner.Remove(this);
}
