using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>A request and its response on one stream.</summary>
internal static class RequestExchange
{
    /// <summary>Serves one request.</summary>
    /// <exception cref="ProtocolViolationException">There is no request, or it is too long.</exception>
    public static async ValueTask RespondAsync(PeerStream stream, RequestHandler handler, RequestOptions options, CancellationToken token)
    {
        using var messages = new MessageStream(stream, options.Framing);
        var frame = await messages.ReadAsync(options.MaxRequestBytes, token).ConfigureAwait(false);
        var request = new IncomingRequest(stream.Connection, frame.Require(stream.Protocol));
        ReadOnlyMemory<byte> response;
        try
        {
            response = await handler(request, token).ConfigureAwait(false);
        }
        catch (RequestRefusedException refused)
        {
            RequestMetrics.Served(stream.Protocol, "refused");
            stream.Reset(refused.Code);
            return;
        }

        if (response.Length > options.MaxResponseBytes)
            throw new InvalidOperationException($"The response to {stream.Protocol} has {response.Length} bytes; the limit is {options.MaxResponseBytes}.");
        await messages.WriteAsync(response, token).ConfigureAwait(false);
        await stream.CloseWriteAsync(token).ConfigureAwait(false);
        RequestMetrics.Served(stream.Protocol, "answered");
    }

    /// <summary>Makes one request and returns a copy of the response.</summary>
    /// <exception cref="ProtocolViolationException">The response breaks the framing or is too long.</exception>
    public static async ValueTask<byte[]> SendAsync(PeerStream stream, ReadOnlyMemory<byte> request, RequestOptions options, CancellationToken token)
    {
        using var messages = new MessageStream(stream, options.Framing);
        await messages.WriteAsync(request, token).ConfigureAwait(false);
        if (options.Framing == MessageFraming.UntilEnd)
            await stream.CloseWriteAsync(token).ConfigureAwait(false);
        var frame = await messages.ReadAsync(options.MaxResponseBytes, token).ConfigureAwait(false);
        return frame.Require(stream.Protocol).ToArray();
    }
}
