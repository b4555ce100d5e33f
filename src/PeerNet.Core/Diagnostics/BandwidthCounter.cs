namespace PeerNet.Core.Diagnostics;

/// <summary>Counts the payload bytes of one peer, one protocol or the whole node. Thread-safe; reading is a snapshot.</summary>
public sealed class BandwidthCounter
{
    private long _received;
    private long _sent;

    /// <summary>Bytes received.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Bytes sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Counts received bytes.</summary>
    public void AddReceived(long bytes) => Interlocked.Add(ref _received, bytes);

    /// <summary>Counts sent bytes.</summary>
    public void AddSent(long bytes) => Interlocked.Add(ref _sent, bytes);
}
