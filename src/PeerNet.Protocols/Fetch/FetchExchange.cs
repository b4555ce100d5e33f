using System.Text;
using Google.Protobuf;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Wire;
using PeerNet.Protocols.Fetch.Messages;
using PeerNet.Protocols.Wire;

namespace PeerNet.Protocols.Fetch;

/// <summary>The messages of fetch on one stream.</summary>
internal static class FetchExchange
{
    private static readonly MessageParser<FetchRequest> RequestParser = FetchRequest.Parser.WithDiscardUnknownFields(true);
    private static readonly MessageParser<FetchResponse> ResponseParser = FetchResponse.Parser.WithDiscardUnknownFields(true);

    // Bytes that status and field headers take on top of a value.
    private const int ResponseOverhead = 64;

    /// <summary>Serves requests until the peer ends its direction; js asks once on a stream, the specification does not forbid more.</summary>
    /// <exception cref="ProtocolViolationException">A request is unusable.</exception>
    public static async ValueTask RespondAsync(PeerStream stream, FetchLookups lookups, int maxValueBytes, CancellationToken token)
    {
        using var reader = new FrameReader(stream);
        using var writer = new FrameWriter();
        while (true)
        {
            var frame = await reader.ReadAsync(FetchProtocol.MaxRequestBytes, token).ConfigureAwait(false);
            if (frame.IsEnd)
                return;
            if (!ProtobufMessage.TryParse(RequestParser, frame.Require(FetchProtocol.Id).Span, FetchProtocol.RequestShape, out var request, out var fault))
                throw new ProtocolViolationException(FetchProtocol.Id.Value, $"the peer's request is unusable: {fault}.");

            var response = await AnswerAsync(request.Identifier.Memory, lookups, maxValueBytes, token).ConfigureAwait(false);
            FetchMetrics.Served(response.Status switch
            {
                FetchResponse.Types.StatusCode.Ok => "found",
                FetchResponse.Types.StatusCode.NotFound => "not-found",
                _ => "error",
            });
            writer.Append(response);
            await writer.SendAsync(stream, token).ConfigureAwait(false);
        }
    }

    /// <summary>Asks for one key.</summary>
    /// <returns>The value; null when the peer has none.</returns>
    public static async ValueTask<byte[]?> FetchAsync(PeerStream stream, ReadOnlyMemory<byte> key, int maxValueBytes, CancellationToken token)
    {
        using var writer = new FrameWriter();
        writer.Append(new FetchRequest { Identifier = ByteString.CopyFrom(key.Span) });
        await writer.SendAsync(stream, token).ConfigureAwait(false);

        using var reader = new FrameReader(stream);
        var frame = await reader.ReadAsync(maxValueBytes + ResponseOverhead, token).ConfigureAwait(false);
        var message = frame.Require(FetchProtocol.Id);
        if (!ProtobufMessage.TryParse(ResponseParser, message.Span, FetchProtocol.ResponseShape, out var response, out var fault))
            throw new ProtocolViolationException(FetchProtocol.Id.Value, $"the peer's answer is unusable: {fault}.");

        // An encoder that leaves zeros out leaves OK out: without a status the default, OK, holds.
        return response.Status switch
        {
            FetchResponse.Types.StatusCode.Ok => response.Data.ToByteArray(),
            FetchResponse.Types.StatusCode.NotFound => null,
            _ => throw new FetchException("The peer answered the fetch with an error."),
        };
    }

    private static async ValueTask<FetchResponse> AnswerAsync(ReadOnlyMemory<byte> key, FetchLookups lookups, int maxValueBytes, CancellationToken token)
    {
        if (lookups.Find(key.Span) is not { } lookup)
            return Error("no look-up is registered for this key");
        ReadOnlyMemory<byte>? value;
        try
        {
            value = await lookup(key, token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The application's own text stays here: it may say more than the peer may know.
            return Error("the look-up failed");
        }

        if (value is not { } found)
            return new FetchResponse { Status = FetchResponse.Types.StatusCode.NotFound };
        return found.Length > maxValueBytes
            ? Error("the value is too long")
            : new FetchResponse { Status = FetchResponse.Types.StatusCode.Ok, Data = UnsafeByteOperations.UnsafeWrap(found) };
    }

    private static FetchResponse Error(string text)
        => new() { Status = FetchResponse.Types.StatusCode.Error, Data = ByteString.CopyFrom(text, Encoding.UTF8) };
}
