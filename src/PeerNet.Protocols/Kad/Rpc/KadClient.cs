using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Swarm;

namespace PeerNet.Protocols.Kad.Rpc;

/// <summary>
/// Makes requests of peers. Each peer has one stream that is kept for the next request; requests on it follow one another. When a kept
/// stream turns out to have ended, the request is made once more on a new one. Thread-safe.
/// </summary>
internal sealed class KadClient(SwarmHost swarm, ProtocolId protocol, TimeSpan idleTimeout) : IDisposable
{
    // Implementation limit: idle streams beyond are closed, the one unused for longest first.
    private const int MaxIdleChannels = 256;

    // Implementation limit: echoes of messages that are not answered, skipped in front of an answer.
    private const int MaxEchoes = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, KadChannel> _channels = [];
    private bool _disposed;

    /// <summary>Makes a request and waits for the answer, connecting first when need be.</summary>
    /// <param name="peer">Whom to ask.</param>
    /// <param name="request">The request.</param>
    /// <param name="timeout">How long it may take in all.</param>
    /// <param name="token">Cancels.</param>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    /// <exception cref="PeerNetException">The peer was not reached, does not speak the protocol, broke it or ended the stream.</exception>
    public async Task<KadMessage> RequestAsync(PeerId peer, KadMessage request, TimeSpan timeout, CancellationToken token)
        => await ExchangeAsync(peer, request, isAnswered: true, timeout, token).ConfigureAwait(false) ?? throw Unexpected("an answer that is none");

    /// <summary>Sends a message that is not answered.</summary>
    /// <inheritdoc cref="RequestAsync"/>
    public async Task SendAsync(PeerId peer, KadMessage message, TimeSpan timeout, CancellationToken token)
        => await ExchangeAsync(peer, message, isAnswered: false, timeout, token).ConfigureAwait(false);

    /// <summary>Closes streams that nobody has used for a while.</summary>
    public void CloseIdle(Instant now)
    {
        List<KadChannel>? idle = null;
        lock (_lock)
        {
            foreach (var channel in _channels.Values)
            {
                if (channel.Users == 0 && now - channel.LastUsed >= idleTimeout)
                    (idle ??= []).Add(channel);
            }

            foreach (var channel in idle ?? [])
                _channels.Remove(channel.Peer);
        }

        foreach (var channel in idle ?? [])
            channel.Dispose();
    }

    /// <summary>Ends all streams. Requests under way fail.</summary>
    public void Dispose()
    {
        KadChannel[] channels;
        lock (_lock)
        {
            _disposed = true;
            channels = [.. _channels.Values];
            _channels.Clear();
        }

        // A channel in use is disposed by its last user.
        foreach (var channel in channels)
        {
            if (channel.Users == 0)
                channel.Dispose();
            else
                channel.Interrupt();
        }
    }

    private async Task<KadMessage?> ExchangeAsync(PeerId peer, KadMessage request, bool isAnswered, TimeSpan timeout, CancellationToken token)
    {
        using var deadline = swarm.Time.CreateDeadline(timeout, token);
        var channel = Rent(peer);
        try
        {
            await channel.Gate.WaitAsync(deadline.Token).ConfigureAwait(false);
            try
            {
                return await ExchangeAsync(channel, request, isAnswered, deadline.Token).ConfigureAwait(false);
            }
            catch
            {
                channel.Abandon();
                throw;
            }
            finally
            {
                channel.Gate.Release();
            }
        }
        catch (OperationCanceledException error) when (!token.IsCancellationRequested)
        {
            throw new TimeoutException($"Peer {peer} did not answer {request.Type} within {timeout.TotalSeconds:0.#} s.", error);
        }
        finally
        {
            Return(channel);
        }
    }

    private async Task<KadMessage?> ExchangeAsync(KadChannel channel, KadMessage request, bool isAnswered, CancellationToken token)
    {
        if (channel.Stream is { } kept)
        {
            try
            {
                var answer = await ExchangeAsync(channel, kept, request, isAnswered, token).ConfigureAwait(false);
                if (answer is not null || !isAnswered)
                    return answer;
            }
            catch (PeerNetException error) when (error is StreamResetException or ConnectionClosedException)
            {
                // The peer had closed it for having been idle: once more on a new one.
            }
        }

        var stream = await swarm.OpenStreamAsync(channel.Peer, protocol, null, token).ConfigureAwait(false);
        channel.Open(stream);
        var fresh = await ExchangeAsync(channel, stream, request, isAnswered, token).ConfigureAwait(false);
        return fresh is not null || !isAnswered ? fresh : throw Unexpected("the end of the stream");
    }

    /// <summary>The answer; null when none is expected, and when the peer ended the stream in place of one.</summary>
    private async Task<KadMessage?> ExchangeAsync(KadChannel channel, PeerStream stream, KadMessage request, bool isAnswered, CancellationToken token)
    {
        using (var writer = new FrameWriter())
        {
            KadWriter.Write(writer, request);
            await writer.SendAsync(stream, token).ConfigureAwait(false);
        }

        if (!isAnswered || channel.Reader is not { } reader)
            return null;
        for (var echoes = 0; ; echoes++)
        {
            var frame = await reader.ReadAsync(KadProtocol.MaxMessageBytes, token).ConfigureAwait(false);
            if (frame.IsEnd)
                return null;
            if (!KadReader.TryRead(frame.Require(protocol).Span, out var answer, out var fault))
                throw Unexpected(fault.ToString());
            if (answer.Type == request.Type)
                return answer;

            // The ipfs text has ADD_PROVIDER echoed, and nobody waits for that: it lies in front of the next answer.
            if (answer.Type != KadMessageType.AddProvider || echoes >= MaxEchoes)
                throw Unexpected($"an answer of type {(int)answer.Type} to {request.Type}");
        }
    }

    private ProtocolViolationException Unexpected(string what) => new(protocol.Value, $"the peer sent {what}.");

    private KadChannel Rent(PeerId peer)
    {
        KadChannel? surplus = null;
        KadChannel? channel;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_channels.TryGetValue(peer, out channel))
            {
                if (_channels.Count >= MaxIdleChannels && FindLongestIdle() is { } idle)
                {
                    surplus = idle;
                    _channels.Remove(idle.Peer);
                }

                _channels.Add(peer, channel = new KadChannel(peer));
            }

            channel.Users++;
        }

        surplus?.Dispose();
        return channel;
    }

    private void Return(KadChannel channel)
    {
        lock (_lock)
        {
            channel.Users--;
            channel.LastUsed = swarm.Time.GetInstant();
            if (!_disposed && (channel.Users > 0 || channel.Stream is not null))
                return;
            if (channel.Users > 0)
                return;
            _channels.Remove(channel.Peer);
        }

        channel.Dispose();
    }

    private KadChannel? FindLongestIdle()
    {
        KadChannel? longest = null;
        foreach (var channel in _channels.Values)
        {
            if (channel.Users == 0 && (longest is null || channel.LastUsed < longest.LastUsed))
                longest = channel;
        }

        return longest;
    }
}
