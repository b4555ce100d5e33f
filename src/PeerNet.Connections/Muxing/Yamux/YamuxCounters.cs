namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// What a connection has done, for tests and for tuning: a wrong batch size shows here without a stopwatch. Written under the connection's
/// lock or by its only sender; reading is a snapshot.
/// </summary>
internal sealed class YamuxCounters
{
    /// <summary>Frames of the secure connection that were sealed.</summary>
    public long SealedFrames;

    /// <summary>Plaintext bytes in them.</summary>
    public long SealedBytes;

    /// <summary>Calls to send.</summary>
    public long Sends;

    /// <summary>Of these, sends that the transport did not take at once.</summary>
    public long BlockedSends;

    /// <summary>Bytes sent, with all framing.</summary>
    public long BytesSent;

    /// <summary>Bytes received, with all framing.</summary>
    public long BytesReceived;

    /// <summary>Window updates that went together with data.</summary>
    public long WindowUpdatesPiggybacked;

    /// <summary>Window updates that a send was made for.</summary>
    public long WindowUpdatesAlone;

    /// <summary>Streams that this end opened.</summary>
    public long StreamsOpened;

    /// <summary>Streams that the peer opened.</summary>
    public long StreamsAccepted;

    /// <summary>Streams that either end reset.</summary>
    public long StreamsReset;
}
