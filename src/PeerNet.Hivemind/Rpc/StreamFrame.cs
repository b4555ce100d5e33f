namespace PeerNet.Hivemind.Rpc;

/// <summary>How reading a frame of a stream call went.</summary>
internal enum StreamFrameKind
{
    /// <summary>A message.</summary>
    Message,

    /// <summary>An error, or the end of the requests.</summary>
    ErrorOrEnd,

    /// <summary>The peer closed its direction between two frames.</summary>
    Closed,

    /// <summary>The peer closed its direction inside a frame.</summary>
    Truncated,

    /// <summary>The marker is none.</summary>
    BadMarker,

    /// <summary>The announced length is above the limit.</summary>
    TooLarge,
}

/// <summary>A frame of a stream call. The payload is the frame's own.</summary>
internal readonly record struct StreamFrame(StreamFrameKind Kind, ReadOnlyMemory<byte> Payload);
