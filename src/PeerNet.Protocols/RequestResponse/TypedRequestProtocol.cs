using System.Buffers;
using PeerNet.Core;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Swarm;

namespace PeerNet.Protocols.RequestResponse;

/// <summary><see cref="RequestProtocol"/> with messages of two types. Thread-safe.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
/// <typeparam name="TResponse">The response.</typeparam>
public sealed class TypedRequestProtocol<TRequest, TResponse> : IDisposable
{
    private readonly RequestProtocol _protocol;
    private readonly IMessageCodec<TRequest> _requests;
    private readonly IMessageCodec<TResponse> _responses;

    /// <summary>Prepares a protocol; nothing is served until <see cref="Serve"/>.</summary>
    public TypedRequestProtocol(
        SwarmHost swarm, ProtocolId protocol, IMessageCodec<TRequest> requests, IMessageCodec<TResponse> responses, RequestOptions? options = null)
    {
        _protocol = new RequestProtocol(swarm, protocol, options);
        _requests = requests;
        _responses = responses;
    }

    /// <summary>Starts to answer requests; one that does not decode is reset without being seen here.</summary>
    public IDisposable Serve(Func<PeerId, TRequest, CancellationToken, ValueTask<TResponse>> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return _protocol.Serve(async (request, token) =>
        {
            if (!_requests.TryDecode(request.Body.Span, out var decoded))
                throw new RequestRefusedException(ErrorCodes.StreamProtocolViolation);
            var output = new ArrayBufferWriter<byte>();
            _responses.Encode(await handler(request.Peer, decoded, token).ConfigureAwait(false), output);
            return output.WrittenMemory;
        });
    }

    /// <summary>Sends a request to a peer and returns the response; see <see cref="RequestProtocol.SendAsync"/>.</summary>
    /// <exception cref="RequestException">There is no response, or one that does not decode.</exception>
    public async ValueTask<TResponse> SendAsync(PeerId peer, TRequest request, CancellationToken token = default)
    {
        var output = new ArrayBufferWriter<byte>();
        _requests.Encode(request, output);
        var response = await _protocol.SendAsync(peer, output.WrittenMemory, token).ConfigureAwait(false);
        return _responses.TryDecode(response, out var decoded)
            ? decoded
            : throw RequestErrors.Create(RequestFailure.BadResponse, _protocol.Protocol, peer, null);
    }

    /// <inheritdoc />
    public void Dispose() => _protocol.Dispose();
}
