namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>What a received header means to the driver, in the order in which it acts: Opened, Acknowledged, Reset, Credit, Body, End.</summary>
[Flags]
internal enum FrameEffects
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The peer opened a stream.</summary>
    Opened = 1,

    /// <summary>Room for another outbound stream may have come free.</summary>
    OpenRoom = 2,

    /// <summary>The peer reset the stream.</summary>
    Reset = 4,

    /// <summary>The stream may send more.</summary>
    Credit = 8,

    /// <summary>The header's body belongs to the stream. Without this a body is to be dropped.</summary>
    Body = 16,

    /// <summary>The peer sends nothing after the body.</summary>
    End = 32,

    /// <summary>The peer is going away.</summary>
    GoAway = 64,

    /// <summary>The peer broke the protocol: the session only says goodbye from now on.</summary>
    Violation = 128,
}
