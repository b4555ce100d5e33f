namespace PeerNet.Core.Wire;

/// <summary>How reading one length-prefixed frame went.</summary>
public enum FrameStatus
{
    /// <summary>A whole message was read.</summary>
    Message,

    /// <summary>The peer ended its direction between two frames: the clean end.</summary>
    End,

    /// <summary>The announced length is above the cap; nothing was allocated for it and nothing of it was waited for.</summary>
    TooLong,

    /// <summary>The length prefix is no varint: longer than nine bytes, or not minimal.</summary>
    Malformed,

    /// <summary>The peer ended its direction inside a prefix or a message.</summary>
    Truncated,
}
