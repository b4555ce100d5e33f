namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// The bytes behind an HTTP upgrade: first those that arrived together with its head, then the stream's. For a server it refuses frames that
/// are not masked.
/// </summary>
internal sealed class FrameStream : AsyncStream
{
    private readonly Stream _inner;
    private readonly bool _isServer;
    private MaskGuard _guard = new();
    private ReadOnlyMemory<byte> _early;

    public FrameStream(ReadOnlyMemory<byte> early, Stream inner, bool isServer)
    {
        _early = early;
        _inner = inner;
        _isServer = isServer;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_early.IsEmpty)
            return _isServer ? ReadGuardedAsync(buffer, cancellationToken) : _inner.ReadAsync(buffer, cancellationToken);
        var count = Math.Min(buffer.Length, _early.Length);
        _early[..count].CopyTo(buffer);
        _early = _early[count..];
        if (_isServer)
            Check(buffer.Span[..count]);
        return new ValueTask<int>(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _inner.WriteAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadGuardedAsync(Memory<byte> buffer, CancellationToken token)
    {
        var count = await _inner.ReadAsync(buffer, token).ConfigureAwait(false);
        Check(buffer.Span[..count]);
        return count;
    }

    private void Check(ReadOnlySpan<byte> bytes)
    {
        if (!_guard.Follow(bytes))
            throw new InvalidDataException("The client sent a frame that is not masked.");
    }
}
