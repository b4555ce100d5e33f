namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>What the peer did that ends the connection.</summary>
internal enum YamuxViolation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A frame of another version or of an unknown type.</summary>
    UnknownFrame,

    /// <summary>It opened a stream with an id of this end's parity, or with id 0.</summary>
    WrongStreamId,

    /// <summary>It opened a stream that is open.</summary>
    DuplicateStream,

    /// <summary>It sent more than the stream's window allows.</summary>
    WindowExceeded,

    /// <summary>Its credit sums up to more than 32 bits.</summary>
    WindowOverflow,

    /// <summary>It pings faster than this end answers.</summary>
    PingFlood,

    /// <summary>It opens streams faster than this end can refuse them.</summary>
    StreamFlood,

    /// <summary>It opens and resets streams over and over.</summary>
    ResetFlood,

    /// <summary>It sends frames that say nothing over and over.</summary>
    EmptyFrameFlood,
}
