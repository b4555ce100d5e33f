using System.Security.Cryptography;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Identity.Primitives;

namespace PeerNet.Connections.Security.PrivateNetwork;

/// <summary>
/// Puts connections into a private network (pnet specification, version 1): both ends send a random nonce, and then everything under
/// XSalsa20 with the shared key. Thread-safe.
/// </summary>
public sealed class PrivateNetworkProtector : IConnectionProtector
{
    private readonly PrivateNetworkKey _key;
    private readonly BufferPool _pool;

    /// <summary>Creates the protector for one network.</summary>
    /// <param name="key">The network's key, which must outlive it.</param>
    /// <param name="pool">Where blocks come from; the shared pool by default.</param>
    public PrivateNetworkProtector(PrivateNetworkKey key, BufferPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        _key = key;
        _pool = pool ?? BufferPool.Shared;
    }

    /// <summary>
    /// Sends the nonce and wraps the connection. The peer's nonce is not waited for: rust-libp2p and js-libp2p send theirs at once too, but
    /// go-libp2p only with its first data, and two ends that waited would wait for ever.
    /// </summary>
    /// <inheritdoc />
    public async ValueTask<RawConnection> ProtectAsync(RawConnection raw, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(raw);
        var nonce = RandomNumberGenerator.GetBytes(XSalsa20.NonceBytes);
        await raw.SendAsync(nonce, token).ConfigureAwait(false);
        return new PrivateNetworkConnection(raw, _key, nonce, _pool);
    }
}
