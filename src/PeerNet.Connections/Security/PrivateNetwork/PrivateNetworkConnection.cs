using System.Runtime.CompilerServices;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity.Primitives;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Security.PrivateNetwork;

/// <summary>
/// A raw connection inside a private network. What is sent is encrypted into a pooled block, what is received is decrypted where it lies.
/// There is no integrity: with another key everything is garbage, and the layer above finds that out.
/// </summary>
internal sealed class PrivateNetworkConnection : RawConnection
{
    private readonly RawConnection _inner;
    private readonly PrivateNetworkKey _key;
    private readonly BufferPool _pool;
    private readonly XSalsa20Stream _sending;
    private readonly byte[] _remoteNonce = new byte[XSalsa20.NonceBytes];
    private int _remoteNonceBytes;
    private XSalsa20Stream? _receiving;

    /// <summary>Wraps a connection on which <paramref name="nonce"/> has been sent.</summary>
    public PrivateNetworkConnection(RawConnection inner, PrivateNetworkKey key, byte[] nonce, BufferPool pool)
    {
        _inner = inner;
        _key = key;
        _pool = pool;
        _sending = new XSalsa20Stream(key, nonce);
    }

    /// <inheritdoc />
    public override Multiaddress LocalAddress => _inner.LocalAddress;

    /// <inheritdoc />
    public override Multiaddress RemoteAddress => _inner.RemoteAddress;

    /// <inheritdoc />
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        if (_receiving is null)
            return ReceiveBehindNonceAsync(buffer, token);
        var pending = _inner.ReceiveAsync(buffer, token);
        return pending.IsCompletedSuccessfully ? new ValueTask<int>(Decrypt(_receiving, buffer, pending.Result)) : DecryptAsync(_receiving, buffer, pending);
    }

    /// <inheritdoc />
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        var block = buffer.Length <= BufferPool.SmallBytes ? _pool.RentSmall() : _pool.RentLarge();
        try
        {
            while (!buffer.IsEmpty)
            {
                var count = Math.Min(buffer.Length, block.Capacity);
                _sending.Apply(buffer.Span[..count], block.Array);
                await _inner.SendAsync(block.Array.AsMemory(0, count), token).ConfigureAwait(false);
                buffer = buffer[count..];
            }
        }
        finally
        {
            block.Release();
        }
    }

    /// <inheritdoc />
    public override ValueTask ShutdownAsync(CancellationToken token = default) => _inner.ShutdownAsync(token);

    /// <inheritdoc />
    public override void Abort() => _inner.Abort();

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        await _inner.DisposeAsync().ConfigureAwait(false);
    }

    private static int Decrypt(XSalsa20Stream stream, Memory<byte> buffer, int count)
    {
        var received = buffer.Span[..count];
        stream.Apply(received, received);
        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> DecryptAsync(XSalsa20Stream stream, Memory<byte> buffer, ValueTask<int> pending)
        => Decrypt(stream, buffer, await pending.ConfigureAwait(false));

    /// <summary>The peer's nonce is read with the first receive, not before the first send: go-libp2p sends its own only together with data.</summary>
    private async ValueTask<int> ReceiveBehindNonceAsync(Memory<byte> buffer, CancellationToken token)
    {
        while (_remoteNonceBytes < _remoteNonce.Length)
        {
            var count = await _inner.ReceiveAsync(_remoteNonce.AsMemory(_remoteNonceBytes), token).ConfigureAwait(false);
            if (count == 0 && _remoteNonceBytes == 0)
                return 0;
            if (count == 0)
                throw new ConnectionClosedException(ConnectionCloseReason.TransportFailure, "The connection ended inside the private network's nonce.");
            _remoteNonceBytes += count;
        }

        _receiving = new XSalsa20Stream(_key, _remoteNonce);
        return await ReceiveAsync(buffer, token).ConfigureAwait(false);
    }
}
