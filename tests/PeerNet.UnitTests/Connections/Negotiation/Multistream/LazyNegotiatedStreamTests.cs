using System.Text;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.UnitTests.Connections.Doubles;

namespace PeerNet.UnitTests.Connections.Negotiation.Multistream;

[TestClass]
public sealed class LazyNegotiatedStreamTests
{
    private const string Header = "\x13/multistream/1.0.0\n";
    private const string Proposal = Header + "\x08/echo/1\n";

    private readonly FakeTimeProvider _time = new();
    private readonly TestStream _dialer;
    private readonly TestStream _listener;
    private readonly MuxedStream _lazy;

    public LazyNegotiatedStreamTests()
    {
        (_dialer, _listener) = TestStream.CreatePair();
        _lazy = new MultistreamNegotiator(_time).NegotiateLazily(_dialer, "/echo/1");
    }

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task The_proposal_rides_in_front_of_the_first_write()
    {
        Assert.HasCount(0, _dialer.Calls);
        await WriteAsync("ping");
        await WriteAsync("pong");
        CollectionAssert.AreEqual(new[] { Proposal + "ping", "pong" }, _dialer.Calls.ToArray());
    }

    [TestMethod]
    public async Task A_large_first_write_is_cut_once()
    {
        var big = new string('x', 10_000);
        await WriteAsync(big);
        Assert.HasCount(2, _dialer.Calls);
        Assert.HasCount(4096, _dialer.Calls[0]);
        Assert.AreEqual(big, string.Concat(_dialer.Calls)[(Header.Length + 9)..]);
    }

    [TestMethod]
    public async Task A_reader_that_comes_first_sends_the_proposal_alone()
    {
        var read = ReadAsync();
        Assert.HasCount(1, _dialer.Calls);
        await AnswerAsync("hello");
        Assert.AreEqual("hello", await read);
    }

    [TestMethod]
    public async Task The_answer_is_stripped_wherever_it_is_cut()
    {
        var answer = Encoding.UTF8.GetBytes(Header + "\x08/echo/1\nback");
        for (var cut = 1; cut < answer.Length; cut++)
        {
            var (dialer, listener) = TestStream.CreatePair();
            var lazy = new MultistreamNegotiator(_time).NegotiateLazily(dialer, "/echo/1");
            var read = ReadExactlyAsync(lazy, 4);
            await listener.WriteAsync(answer.AsMemory(0, cut), Token);
            await listener.WriteAsync(answer.AsMemory(cut), Token);
            Assert.AreEqual("back", await read);
        }
    }

    [TestMethod]
    public async Task The_end_waits_for_the_answer()
    {
        await WriteAsync("x");
        var close = _lazy.CloseWriteAsync(Token).AsTask();
        Assert.IsFalse(close.IsCompleted);
        Assert.DoesNotContain("FIN", _dialer.Calls);
        await AnswerAsync("early");
        await close;
        Assert.AreEqual("FIN", _dialer.Calls[^1]);
        Assert.AreEqual("early", await ReadAsync());
    }

    [TestMethod]
    public async Task The_end_does_not_wait_for_ever()
    {
        await WriteAsync("x");
        var close = _lazy.CloseWriteAsync(Token).AsTask();
        _time.Advance(MultistreamNegotiator.DefaultAnswerTimeout);
        await close;
        Assert.AreEqual("FIN", _dialer.Calls[^1]);
    }

    [TestMethod]
    public async Task An_unused_stream_still_proposes_before_it_ends()
    {
        var close = _lazy.CloseWriteAsync(Token).AsTask();
        await AnswerAsync("");
        await close;
        CollectionAssert.AreEqual(new[] { Header + "\x08/echo/1\n", "FIN" }, _dialer.Calls.ToArray());
    }

    [TestMethod]
    public async Task A_refusal_resets_the_stream_and_says_unsupported_to_everybody()
    {
        await WriteAsync("x");
        await _listener.WriteAsync(Encoding.UTF8.GetBytes(Header + "\x03na\n"), Token);
        Assert.AreEqual(NegotiationFailure.Unsupported, (await Assert.ThrowsExactlyAsync<NegotiationException>(() => ReadAsync())).Reason);
        Assert.AreEqual(NegotiationFailure.Unsupported, (await Assert.ThrowsExactlyAsync<NegotiationException>(() => WriteAsync("y"))).Reason);
        Assert.AreEqual(NegotiationFailure.Unsupported, (await Assert.ThrowsExactlyAsync<NegotiationException>(async () => await _lazy.CloseWriteAsync(Token))).Reason);
        Assert.AreEqual("RST", _dialer.Calls[^1]);
    }

    [TestMethod]
    public async Task Another_name_in_the_answer_resets_the_stream()
    {
        var read = ReadAsync();
        await _listener.WriteAsync(Encoding.UTF8.GetBytes(Header + "\x08/echo/2\n"), Token);
        Assert.AreEqual(NegotiationFailure.Malformed, (await Assert.ThrowsExactlyAsync<NegotiationException>(() => read)).Reason);
        Assert.Contains("RST", _dialer.Calls);
    }

    [TestMethod]
    public async Task An_end_in_place_of_the_answer_is_not_an_end_of_data()
    {
        await _listener.CloseWriteAsync(Token);
        Assert.AreEqual(NegotiationFailure.Closed, (await Assert.ThrowsExactlyAsync<NegotiationException>(() => ReadAsync())).Reason);
    }

    [TestMethod]
    public async Task A_reset_in_place_of_the_answer_is_a_reset()
    {
        var read = ReadAsync();
        _listener.Reset();
        await Assert.ThrowsExactlyAsync<StreamResetException>(() => read);
    }

    [TestMethod]
    public async Task A_read_that_is_cancelled_leaves_the_answer_to_the_next()
    {
        using var cancelled = new CancellationTokenSource();
        var read = _lazy.ReadAsync(new byte[10], cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => read);
        await AnswerAsync("later");
        Assert.AreEqual("later", await ReadAsync());
    }

    [TestMethod]
    public async Task A_writer_waits_for_the_proposal_that_a_reader_sends()
    {
        _dialer.HoldWrites = new TaskCompletionSource();
        var read = ReadAsync();
        var write = WriteAsync("data");
        Assert.IsFalse(write.IsCompleted);
        _dialer.HoldWrites.SetResult();
        await write;
        CollectionAssert.AreEqual(new[] { Header + "\x08/echo/1\n", "data" }, _dialer.Calls.ToArray());
        await AnswerAsync("ok");
        Assert.AreEqual("ok", await read);
    }

    [TestMethod]
    public async Task A_first_write_that_is_cancelled_resets_the_stream()
    {
        _dialer.HoldWrites = new TaskCompletionSource();
        using var cancelled = new CancellationTokenSource();
        var write = _lazy.WriteAsync(new byte[1], cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => write);
        CollectionAssert.AreEqual(new[] { "RST" }, _dialer.Calls.ToArray());
    }

    [TestMethod]
    public async Task Reading_may_be_given_up_before_the_answer()
    {
        await WriteAsync("x");
        _lazy.CloseRead();
        Assert.DoesNotContain("STOP", _dialer.Calls);
        var close = _lazy.CloseWriteAsync(Token).AsTask();
        await AnswerAsync("dropped");
        await close;
        CollectionAssert.AreEqual(new[] { "STOP", "FIN" }, _dialer.Calls.Skip(1).Order().Reverse().ToArray());
    }

    private Task WriteAsync(string text) => _lazy.WriteAsync(Encoding.UTF8.GetBytes(text), Token).AsTask();

    private async Task<string> ReadAsync()
    {
        var buffer = new byte[100];
        return Encoding.UTF8.GetString(buffer, 0, await _lazy.ReadAsync(buffer, Token));
    }

    private async Task<string> ReadExactlyAsync(MuxedStream stream, int count)
    {
        var buffer = new byte[count];
        for (var at = 0; at < count;)
            at += await stream.ReadAsync(buffer.AsMemory(at), Token);
        return Encoding.UTF8.GetString(buffer);
    }

    private async Task AnswerAsync(string text) => await _listener.WriteAsync(Encoding.UTF8.GetBytes(Header + "\x08/echo/1\n" + text), Token);
}
