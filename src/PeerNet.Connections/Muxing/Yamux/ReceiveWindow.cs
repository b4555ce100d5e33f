using System.Diagnostics;
using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// Bytes that the peer may send on a stream: its size, the credit the peer still has, and the bytes received but not consumed.
/// <code>
/// size = credit + buffered + due
/// </code>
/// Credit is returned when half the size is due. The window is too small when two things come together. The reader finds nothing to read
/// although all credit that the peer held at the last grant has come, and nothing more: the peer stands still until that grant reaches it.
/// And it came in less than two round trips, for the second time running: the peer stands still because of the path, not because somebody
/// got no processor for a while. The window doubles at such a moment, and only then. The usual rule, half a window in less than some round
/// trips, feeds on itself: the larger window fills queues on the way, the queues lengthen the round trip, and the next growth is due, until
/// every other stream waits behind megabytes.
/// </summary>
/// <remarks>
/// After a time without consumption the size falls back. Credit that the peer holds cannot be taken back, so <c>due</c> is negative until
/// the peer has used it.
/// </remarks>
internal struct ReceiveWindow(uint size, Instant now)
{
    private Instant _lastGrant = now;
    private uint _creditBeforeGrant = size;
    private bool _grantHasArrived;
    private bool _starved;
    private bool _starvedBefore;

    /// <summary>The size that is aimed at.</summary>
    public uint Size { get; private set; } = size;

    /// <summary>What the peer may still send.</summary>
    public uint Credit { get; private set; } = size;

    /// <summary>Received and not consumed.</summary>
    public uint Buffered { get; private set; }

    /// <summary>What could be granted now.</summary>
    public readonly long Due => (long)Size - Credit - Buffered;

    /// <summary>Whether enough is due to be worth a frame.</summary>
    public readonly bool IsGrantDue => Due >= Size / 2;

    /// <summary>Whether the peer stands still because the last grant has not reached it, and <see cref="Starve"/> does not know yet.</summary>
    public readonly bool IsStarving => Buffered == 0 && _creditBeforeGrant == 0 && !_grantHasArrived && !_starved;

    /// <summary>The reader waits for a peer that stands still. Whether the window is too small for a path that takes <paramref name="limit"/>.</summary>
    public bool Starve(Instant now, TimeSpan limit)
    {
        _starved = true;
        return _starvedBefore && now - _lastGrant < limit;
    }

    /// <summary>Whether nothing was granted for this long.</summary>
    public readonly bool IsIdle(Instant now, TimeSpan time) => now - _lastGrant >= time;

    /// <summary>Memory that the peer can make this end hold.</summary>
    public readonly long Exposure => Math.Max(Size, (long)Credit + Buffered);

    /// <summary>Takes received bytes; false when the peer has sent more than it may.</summary>
    public bool TryReceive(uint bytes)
    {
        if (bytes > Credit)
            return false;
        Credit -= bytes;
        Buffered += bytes;
        _grantHasArrived |= bytes > _creditBeforeGrant;
        _creditBeforeGrant -= Math.Min(bytes, _creditBeforeGrant);
        return true;
    }

    /// <summary>Bytes were consumed.</summary>
    public void Consume(int bytes)
    {
        Debug.Assert((uint)bytes <= Buffered, "More was consumed than received.");
        Buffered -= (uint)bytes;
    }

    /// <summary>Aims at another size.</summary>
    public void Resize(uint size) => Size = size;

    /// <summary>Grants what is due.</summary>
    public uint Grant(Instant now)
    {
        var due = Due;
        if (due <= 0)
            return 0;
        _creditBeforeGrant = Credit;
        _grantHasArrived = false;
        _starvedBefore = _starved;
        _starved = false;
        Credit += (uint)due;
        _lastGrant = now;
        return (uint)due;
    }
}
