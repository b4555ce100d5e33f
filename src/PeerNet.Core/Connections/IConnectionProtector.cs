namespace PeerNet.Core.Connections;

/// <summary>
/// Wraps raw connections for a private network (pnet, below every security protocol): only ends with the same key understand each other.
/// Thread-safe.
/// </summary>
public interface IConnectionProtector
{
    /// <summary>Wraps a connection that no byte has been exchanged on. The wrapper owns the connection below.</summary>
    ValueTask<RawConnection> ProtectAsync(RawConnection raw, CancellationToken token = default);
}
