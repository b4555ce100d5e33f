using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// What the session knows of one stream. It is in the session from its opening until both directions have ended or it was reset and the
/// reset is on its way:
/// <code>
/// this end:  open ──close──► fin due ──frame──► finished        peer:  open ──FIN──► finished
///            any ──reset──► reset due ──frame──► gone                  any ──RST──► gone
/// </code>
/// </summary>
internal sealed class YamuxStreamState(uint id, bool isOutbound, Instant now)
{
    /// <summary>The stream's number.</summary>
    public uint Id { get; } = id;

    /// <summary>Whether this end opened it.</summary>
    public bool IsOutbound { get; } = isOutbound;

    /// <summary>Where the driver hangs its side of the stream; the session never looks inside.</summary>
    public object? Owner { get; set; }

    /// <summary>What this end may send.</summary>
    public SendWindow SendWindow = new();

    /// <summary>What the peer may send.</summary>
    public ReceiveWindow ReceiveWindow = new(YamuxProtocol.InitialWindowBytes, now);

    /// <summary>Memory reserved for a receive window beyond the first 256 KiB.</summary>
    public long ReservedBytes;

    /// <summary>The stream is not yet known to the peer: the next frame carries SYN.</summary>
    public bool SynPending;

    /// <summary>The peer waits to hear that its stream was accepted: the next frame carries ACK.</summary>
    public bool AckPending;

    /// <summary>The peer has not acknowledged the stream that this end opened.</summary>
    public bool IsUnacknowledged;

    /// <summary>The stream was opened by the peer and nobody has accepted it.</summary>
    public bool IsUnaccepted;

    /// <summary>This end sends nothing more; its FIN is due.</summary>
    public bool FinPending;

    /// <summary>This end's FIN is on its way.</summary>
    public bool LocalFinished;

    /// <summary>The peer has sent its FIN.</summary>
    public bool RemoteFinished;

    /// <summary>Nobody reads any more: what arrives is dropped and its credit returned.</summary>
    public bool ReadClosed;

    /// <summary>When a stream that nobody reads is reset.</summary>
    public Instant DrainDeadline;

    /// <summary>The stream was reset, by either end.</summary>
    public bool IsReset;

    /// <summary>This end's reset is due.</summary>
    public bool RstPending;

    /// <summary>The reset's code.</summary>
    public uint ResetCode;

    /// <summary>Credit granted and not yet sent.</summary>
    public uint GrantPending;

    /// <summary>In the list of streams that have something to send.</summary>
    public bool IsDue;

    /// <summary>The next in that list.</summary>
    public YamuxStreamState? NextDue;

    /// <summary>Whether this end may send data.</summary>
    public bool CanSend => !IsReset && !LocalFinished && !FinPending;

    /// <summary>Whether both directions have ended in good order.</summary>
    public bool IsFinished => LocalFinished && RemoteFinished;
}
