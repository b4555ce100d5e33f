using System.Text;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Swarm;

namespace PeerNet.Protocols.Fetch;

/// <summary>
/// Asks peers for the value of a key, and answers them from look-ups that the application registers by prefix. Thread-safe. Disposing stops
/// answering; the swarm is not disposed.
/// </summary>
public sealed class FetchService : IDisposable
{
    private readonly SwarmHost _swarm;
    private readonly FetchOptions _options;
    private readonly FetchLookups _lookups = new();
    private readonly IDisposable _registration;

    /// <summary>Starts to answer.</summary>
    public FetchService(SwarmHost swarm, FetchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        _swarm = swarm;
        _options = options ?? FetchOptions.Default;
        _registration = swarm.Handle(
            FetchProtocol.Id,
            (stream, token) => FetchExchange.RespondAsync(stream, _lookups, _options.MaxValueBytes, token),
            new HandlerOptions { MaxInboundStreams = _options.MaxInboundStreams, Deadline = _options.Timeout });
    }

    /// <summary>Answers keys that begin with <paramref name="prefix"/>; the longest registered prefix decides. Disposing the result ends it.</summary>
    /// <exception cref="ArgumentException">The prefix is registered already.</exception>
    public IDisposable Register(string prefix, FetchLookup lookup) => Register(Encoding.UTF8.GetBytes(prefix), lookup);

    /// <inheritdoc cref="Register(string, FetchLookup)"/>
    public IDisposable Register(ReadOnlySpan<byte> prefix, FetchLookup lookup)
    {
        ArgumentNullException.ThrowIfNull(lookup);
        return _lookups.Add(prefix, lookup);
    }

    /// <summary>Asks a peer for the value of a key; null when it has none.</summary>
    /// <exception cref="ArgumentException">The key is longer than <see cref="FetchProtocol.MaxRequestBytes"/> allows.</exception>
    /// <exception cref="FetchException">The peer answered with an error.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="FetchOptions.Timeout"/>.</exception>
    /// <exception cref="NegotiationException">The peer does not serve fetch.</exception>
    /// <exception cref="DialException">The peer could not be reached.</exception>
    /// <exception cref="PeerNetException">The answer is unusable, or the stream or its connection ended.</exception>
    public ValueTask<byte[]?> FetchAsync(PeerId peer, string key, CancellationToken token = default)
        => FetchAsync(peer, Encoding.UTF8.GetBytes(key), token);

    /// <inheritdoc cref="FetchAsync(PeerId, string, CancellationToken)"/>
    public async ValueTask<byte[]?> FetchAsync(PeerId peer, ReadOnlyMemory<byte> key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);

        // A peer like this one reads no longer request: tag and length take up to four bytes of it.
        if (key.Length > FetchProtocol.MaxRequestBytes - 4)
            throw new ArgumentException($"A key has at most {FetchProtocol.MaxRequestBytes - 4} bytes, this one has {key.Length}.", nameof(key));
        using var deadline = _swarm.Time.CreateDeadline(_options.Timeout, token);
        try
        {
            var stream = await _swarm.OpenStreamAsync(peer, FetchProtocol.Id, null, deadline.Token).ConfigureAwait(false);
            try
            {
                var value = await FetchExchange.FetchAsync(stream, key, _options.MaxValueBytes, deadline.Token).ConfigureAwait(false);
                await stream.DisposeAsync().ConfigureAwait(false);
                return value;
            }
            catch
            {
                stream.Reset();
                throw;
            }
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new TimeoutException($"Peer {peer} did not answer a fetch within {_options.Timeout}.");
        }
    }

    /// <inheritdoc />
    public void Dispose() => _registration.Dispose();
}
