using System.Text;
using System.Text.Json.Serialization;
using CsCheck;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Protocols.RequestResponse;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.RequestResponse;

[TestClass]
public sealed partial class RequestExchangeTests
{
    private readonly PeerStreamPair _pair = new("/test/1");

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    [DataRow(MessageFraming.LengthPrefixed, 0)]
    [DataRow(MessageFraming.LengthPrefixed, 100_000)]
    [DataRow(MessageFraming.UntilEnd, 0)]
    [DataRow(MessageFraming.UntilEnd, 100_000)]
    public async Task Answers_a_request(MessageFraming framing, int length)
    {
        var options = new RequestOptions { Framing = framing };
        var serving = RequestExchange.RespondAsync(_pair.Listener, Reverse, options, Token).AsTask();
        var request = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var response = await RequestExchange.SendAsync(_pair.Dialer, request, options, Token);
        await serving;
        Array.Reverse(request);
        CollectionAssert.AreEqual(request, response);
    }

    [TestMethod]
    [DataRow(MessageFraming.LengthPrefixed)]
    [DataRow(MessageFraming.UntilEnd)]
    public async Task Refuses_a_request_over_the_limit(MessageFraming framing)
    {
        var options = new RequestOptions { Framing = framing, MaxRequestBytes = 10 };
        var serving = RequestExchange.RespondAsync(_pair.Listener, Reverse, options, Token).AsTask();
        _ = RequestExchange.SendAsync(_pair.Dialer, new byte[11], options, Token).AsTask();
        await Assert.ThrowsExactlyAsync<ProtocolViolationException>(() => serving);
    }

    [TestMethod]
    [DataRow(MessageFraming.LengthPrefixed)]
    [DataRow(MessageFraming.UntilEnd)]
    public async Task Refuses_a_response_over_the_limit(MessageFraming framing)
    {
        var serving = RequestExchange.RespondAsync(_pair.Listener, Reverse, new RequestOptions { Framing = framing }, Token).AsTask();
        var sending = RequestExchange.SendAsync(_pair.Dialer, new byte[11], new RequestOptions { Framing = framing, MaxResponseBytes = 10 }, Token).AsTask();
        await serving;
        await Assert.ThrowsExactlyAsync<ProtocolViolationException>(() => sending);
    }

    [TestMethod]
    public async Task A_handler_chooses_the_code_of_its_refusal()
    {
        RequestHandler refuse = (_, _) => throw new RequestRefusedException();
        var serving = RequestExchange.RespondAsync(_pair.Listener, refuse, RequestOptions.Default, Token).AsTask();
        var sending = RequestExchange.SendAsync(_pair.Dialer, new byte[1], RequestOptions.Default, Token).AsTask();
        await serving;
        var error = await Assert.ThrowsExactlyAsync<StreamResetException>(() => sending);
        Assert.AreEqual(ErrorCodes.StreamRateLimited, error.Code);
        Assert.AreEqual(RequestFailure.Busy, RequestErrors.ReasonOf(error));
    }

    [TestMethod]
    public async Task A_response_over_the_servers_own_limit_is_its_fault()
    {
        var serving = RequestExchange.RespondAsync(_pair.Listener, Reverse, new RequestOptions { MaxResponseBytes = 1 }, Token).AsTask();
        _ = RequestExchange.SendAsync(_pair.Dialer, new byte[2], RequestOptions.Default, Token).AsTask();
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => serving);
    }

    [TestMethod]
    public void Every_error_of_the_layers_below_has_a_reason()
    {
        Assert.AreEqual(RequestFailure.Unreachable, RequestErrors.ReasonOf(new DialException(null, DialFailure.NoAddresses, [])));
        Assert.AreEqual(RequestFailure.Unsupported, RequestErrors.ReasonOf(new NegotiationException(NegotiationFailure.Unsupported, "")));
        Assert.AreEqual(RequestFailure.TimedOut, RequestErrors.ReasonOf(new NegotiationException(NegotiationFailure.TimedOut, "")));
        Assert.AreEqual(RequestFailure.ConnectionLost, RequestErrors.ReasonOf(new NegotiationException(NegotiationFailure.Closed, "")));
        Assert.AreEqual(RequestFailure.Busy, RequestErrors.ReasonOf(new ResourceLimitException(new ResourceRefusal("system", "streams", 1, 1, 1))));
        Assert.AreEqual(RequestFailure.Rejected, RequestErrors.ReasonOf(new StreamResetException(byPeer: true, 0)));
        Assert.AreEqual(RequestFailure.ConnectionLost, RequestErrors.ReasonOf(new ConnectionClosedException(ConnectionCloseReason.Remote, "")));
        Assert.AreEqual(RequestFailure.BadResponse, RequestErrors.ReasonOf(new ProtocolViolationException("/x", "")));
        Assert.IsNull(RequestErrors.ReasonOf(new InvalidOperationException()));
    }

    [TestMethod]
    public void Json_messages_read_back_and_foreign_bytes_are_none()
    {
        var codec = new JsonMessageCodec<Question>(JsonTypes.Default.Question);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        codec.Encode(new Question("why", 7), output);
        Assert.IsTrue(codec.TryDecode(output.WrittenSpan, out var question));
        Assert.AreEqual(new Question("why", 7), question);
        foreach (var bad in new[] { "", "null", "{", "[]", "{\"Text\":1}", "\u00ff" })
            Assert.IsFalse(codec.TryDecode(Encoding.Latin1.GetBytes(bad), out _), bad);
        Gen.Byte.Array[0, 40].Sample(bytes => codec.TryDecode(bytes, out _) || true);
    }

    private static ValueTask<ReadOnlyMemory<byte>> Reverse(IncomingRequest request, CancellationToken token)
    {
        Assert.AreEqual(PeerStreamPair.DialerKey.PeerId, request.Peer);
        var response = request.Body.ToArray();
        Array.Reverse(response);
        return new ValueTask<ReadOnlyMemory<byte>>(response);
    }

    internal sealed record Question(string Text, int Number);

    [JsonSerializable(typeof(Question))]
    internal sealed partial class JsonTypes : JsonSerializerContext;
}
