using System.Diagnostics;
using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// Bytes that the peer may send on a stream: its size, the credit the peer still has, and the bytes received but not consumed.
/// <code>
/// size = credit + buffered + due
/// </code>
/// Credit is returned when half the size is due. A window whose half went in less than two round trips is what limits the throughput,
/// so it doubles; after a time without consumption it falls back. Credit that the peer holds cannot be taken back, so after a fall
/// <c>due</c> is negative until the peer has used it.
/// </summary>
internal struct ReceiveWindow(uint size, Instant now)
{
    private Instant _lastGrant = now;

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

    /// <summary>Whether the window is what limits the peer: half of it went in less than <paramref name="limit"/>.</summary>
    public readonly bool IsLimiting(Instant now, TimeSpan limit) => now - _lastGrant < limit;

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
        Credit += (uint)due;
        _lastGrant = now;
        return (uint)due;
    }
}
