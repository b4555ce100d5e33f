using PeerNet.Core;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>The protocol's id and numbers.</summary>
internal static class YamuxProtocol
{
    // Specification: libp2p/specs yamux/README.md.

    /// <summary>The id that multistream-select and early muxer negotiation carry.</summary>
    public static readonly ProtocolId Id = "/yamux/1.0.0";

    /// <summary>The only version ("Version field").</summary>
    public const byte Version = 0;

    /// <summary>Size of a frame's header ("Framing").</summary>
    public const int HeaderBytes = 12;

    /// <summary>Credit that each direction of a stream starts with ("Flow control").</summary>
    public const uint InitialWindowBytes = 256 * 1024;

    /// <summary>GoAway code of an ordinary end ("Go Away").</summary>
    public const uint GoAwayNormal = 0;

    /// <summary>GoAway code after the peer broke the protocol ("Go Away").</summary>
    public const uint GoAwayProtocolError = 1;

    /// <summary>Outbound streams that may be unacknowledged at one time ("Implementation considerations"); rust and go keep to the same number.</summary>
    public const int AckBacklog = 256;

    // Implementation limits.

    /// <summary>The longest body sent in one frame, and a writer's turn: rust-yamux sends the same and ends connections over bodies above 1 MiB.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    /// <summary>Answers to pings that may wait for the socket: a peer that pings without reading is not given a queue. go-yamux keeps as many.</summary>
    public const int MaxPendingPongs = 32;

    /// <summary>Refusals of streams that may wait for the socket; beyond them the peer opens streams without reading.</summary>
    public const int MaxPendingRefusals = 256;

    /// <summary>How often the round-trip time is measured while data flows: rust-yamux measures as often.</summary>
    public static readonly TimeSpan RttInterval = TimeSpan.FromSeconds(10);

    /// <summary>The first few measurements follow each other faster: the very first often includes a process that is just starting.</summary>
    public static readonly TimeSpan FirstRttInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>How many those are.</summary>
    public const int FirstRttSamples = 8;

    /// <summary>The first ping waits this long for another frame that can carry it along.</summary>
    public static readonly TimeSpan OpeningPingDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A window whose half lasts this long does not grow, however short the round trip: on loopback and in a rack the wait for a thread is
    /// longer than the path, and a window that covers every such wait makes other streams queue behind megabytes.
    /// </summary>
    public static readonly TimeSpan MinTuningTime = TimeSpan.FromMilliseconds(0.5);

    /// <summary>
    /// What a slow link still moves in a second. The operating system may have taken megabytes that such a link needs a while for, and a ping
    /// goes behind them: 32 KiB are a poor mobile connection.
    /// </summary>
    public const int SlowLinkBytesPerSecond = 32 * 1024;

    /// <summary>The longest time that a pong is given for what queues in front of its ping.</summary>
    public const int MaxQueueingSeconds = 60;

    /// <summary>How long a stream that nobody reads any more returns credit before it is reset.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromMinutes(5);
}
