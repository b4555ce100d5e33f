using System.Text;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core.Errors;
using PeerNet.UnitTests.Connections.Doubles;

namespace PeerNet.UnitTests.Connections.Negotiation.Multistream;

[TestClass]
public sealed class MultistreamNegotiatorTests
{
    private const string Header = "\x13/multistream/1.0.0\n";

    private readonly MultistreamNegotiator _negotiator = new();

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Both_ends_agree_and_the_answer_leaves_in_one_write()
    {
        var (dialer, listener) = TestStream.CreatePair();
        var inbound = _negotiator.NegotiateInboundAsync(listener, id => id == "/b", TestContext.CancellationToken);
        var outbound = await _negotiator.NegotiateOutboundAsync(dialer, ["/a", "/b"], TestContext.CancellationToken);
        Assert.AreEqual("/b", (await inbound).Protocol.Value);
        Assert.AreEqual("/b", outbound.Protocol.Value);
        CollectionAssert.AreEqual(new[] { Header + "\x03/a\n", "\x03/b\n" }, dialer.Calls.ToArray());
        CollectionAssert.AreEqual(new[] { Header + "\x03na\n", "\x03/b\n" }, listener.Calls.ToArray());
        Assert.AreSame(dialer, outbound.Stream);
    }

    [TestMethod]
    public async Task Bytes_behind_the_proposal_are_the_first_that_the_handler_reads()
    {
        var (dialer, listener) = TestStream.CreatePair();
        await dialer.WriteAsync(Encoding.UTF8.GetBytes(Header + "\x03/a\nfirst"), TestContext.CancellationToken);
        await dialer.CloseWriteAsync(TestContext.CancellationToken);
        var stream = (await _negotiator.NegotiateInboundAsync(listener, _ => true, TestContext.CancellationToken)).Stream;
        Assert.AreEqual(0, await stream.ReadAsync(Memory<byte>.Empty, TestContext.CancellationToken));
        var buffer = new byte[3];
        Assert.AreEqual(3, await stream.ReadAsync(buffer, TestContext.CancellationToken));
        Assert.AreEqual("fir", Encoding.UTF8.GetString(buffer));
        var slice = await stream.ReadSliceAsync(TestContext.CancellationToken);
        Assert.AreEqual("st", Encoding.UTF8.GetString(slice.Span));
        slice.Release();
        Assert.AreEqual(0, await stream.ReadAsync(buffer, TestContext.CancellationToken));
    }

    [TestMethod]
    public async Task A_dialer_that_has_fired_and_gone_is_still_served()
    {
        var (dialer, listener) = TestStream.CreatePair();
        await dialer.WriteAsync(Encoding.UTF8.GetBytes(Header + "\x03/a\n"), TestContext.CancellationToken);
        var inbound = _negotiator.NegotiateInboundAsync(listener, _ => true, TestContext.CancellationToken);
        Assert.AreEqual("/a", (await inbound).Protocol.Value);
    }

    [TestMethod]
    public async Task A_dialer_that_gives_up_is_reported_as_unsupported()
    {
        var (dialer, listener) = TestStream.CreatePair();
        await dialer.WriteAsync(Encoding.UTF8.GetBytes(Header + "\x03/a\n"), TestContext.CancellationToken);
        await dialer.CloseWriteAsync(TestContext.CancellationToken);
        var error = await Assert.ThrowsExactlyAsync<NegotiationException>(async () => await _negotiator.NegotiateInboundAsync(listener, _ => false, TestContext.CancellationToken));
        Assert.AreEqual(NegotiationFailure.Unsupported, error.Reason);
    }

    [TestMethod]
    public async Task A_silent_dialer_is_waited_for_as_long_as_the_token_allows()
    {
        var (_, listener) = TestStream.CreatePair();
        using var deadline = new CancellationTokenSource();
        var inbound = _negotiator.NegotiateInboundAsync(listener, _ => true, deadline.Token).AsTask();
        Assert.IsFalse(inbound.IsCompleted);
        await deadline.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => inbound);
    }
}
