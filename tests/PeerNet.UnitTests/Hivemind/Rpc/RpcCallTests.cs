using PeerNet.Connections.Transports.Memory;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Rpc;
using PeerNet.Testing.Nodes;

namespace PeerNet.UnitTests.Hivemind.Rpc;

/// <summary>Calls between two nodes in memory, and hostile peers that speak the framing by hand.</summary>
[TestClass]
public sealed class RpcCallTests
{
    private const int Patience = 60_000;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Unary_calls_carry_bytes_errors_and_emptiness() => RunAsync(async (caller, servicer) =>
    {
        var server = new RpcServer(servicer.Swarm);
        using var echo = server.Handle("X.echo", (context, request, _) => ValueTask.FromResult(context.Peer == caller.Id ? request : default));
        using var fail = server.Handle("ns::X.fail", (_, _, _) => throw new RpcHandlerException("boom"));
        using var bug = server.Handle("X.bug", (_, _, _) => throw new InvalidOperationException("secret"));
        var client = new RpcClient(caller.Swarm);
        CollectionAssert.AreEqual(new byte[] { 1, 2 }, (await client.CallAsync(servicer.Id, "X.echo", new byte[] { 1, 2 }, token: Token)).ToArray());
        Assert.AreEqual(0, (await client.CallAsync(servicer.Id, "X.echo", default, token: Token)).Length);
        StringAssert.Contains((await FailAsync(client, servicer, "ns::X.fail", RpcFailure.Remote)).Message, "boom");
        Assert.IsFalse((await FailAsync(client, servicer, "X.bug", RpcFailure.Remote)).Message.Contains("secret", StringComparison.Ordinal));
        await FailAsync(client, servicer, "X.none", RpcFailure.Unreachable);
        var large = new byte[RpcProtocol.MaxEnvelopeBytes];
        Assert.AreEqual(RpcFailure.TooLarge, (await Assert.ThrowsExactlyAsync<RpcException>(() => client.CallAsync(servicer.Id, "X.echo", large, token: Token))).Reason);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Cancelling_a_call_cancels_its_handler() => RunAsync(async (caller, servicer) =>
    {
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        using var hang = new RpcServer(servicer.Swarm).Handle("X.hang", async (_, _, token) =>
        {
            using var registration = token.Register(ended.SetResult);
            started.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return default;
        });
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var call = new RpcClient(caller.Swarm).CallAsync(servicer.Id, "X.hang", default, token: cancel.Token);
        await started.Task.WaitAsync(Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => call);
        await ended.Task.WaitAsync(Token);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Stream_calls_carry_many_none_and_an_error() => RunAsync(async (caller, servicer) =>
    {
        var server = new RpcServer(servicer.Swarm);
        using var echo = server.HandleStream("X.echo", (_, requests, _) => requests);
        using var fail = server.HandleStream("X.fail", (_, requests, _) => FailAfterOne(requests));
        var client = new RpcClient(caller.Swarm);
        Assert.HasCount(20, await ReadAsync(client, servicer, "X.echo", 20));
        Assert.IsEmpty(await ReadAsync(client, servicer, "X.echo", 0));
        var error = await Assert.ThrowsExactlyAsync<RpcException>(() => ReadAsync(client, servicer, "X.fail", 3));
        Assert.AreEqual(RpcFailure.Remote, error.Reason);
        Assert.AreEqual(RpcFailure.Unreachable, (await Assert.ThrowsExactlyAsync<RpcException>(() => ReadAsync(client, servicer, "X.none", 1))).Reason);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Leaving_a_stream_of_answers_cancels_its_handler() => RunAsync(async (caller, servicer) =>
    {
        var ended = new TaskCompletionSource();
        using var endless = new RpcServer(servicer.Swarm).HandleStream("X.endless", (_, _, token) => Endless(ended, token));
        await foreach (var answer in new RpcClient(caller.Swarm).CallStreamAsync(servicer.Id, "X.endless", RpcClient.One(default), Token))
            break;
        await ended.Task.WaitAsync(Token);
    });

    [TestMethod, DataRow("", RpcFailure.NoAnswer), DataRow("ffffff7f", RpcFailure.TooLarge), DataRow("0501", RpcFailure.Malformed), DataRow("0100", RpcFailure.Malformed), Timeout(Patience, CooperativeCancellation = true)]
    public Task Answers_that_are_none_are_refused(string hex, RpcFailure expected) => RunAsync(async (caller, servicer) =>
    {
        using var hostile = servicer.Swarm.Handle("X.bad", async (stream, token) =>
        {
            using var reader = new FrameReader(stream);
            await reader.ReadAsync(RpcProtocol.MaxEnvelopeBytes, token);
            await stream.WriteAsync(Convert.FromHexString(hex), token);
        });
        await FailAsync(new RpcClient(caller.Swarm), servicer, "X.bad", expected);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task An_answer_to_another_call_is_refused() => RunAsync(async (caller, servicer) =>
    {
        using var hostile = servicer.Swarm.Handle("X.bad", async (stream, token) => await FrameWriter.SendAsync(stream, UnaryCodec.EncodeResponse(RpcCallId.Create(), new byte[3]), token));
        await FailAsync(new RpcClient(caller.Swarm), servicer, "X.bad", RpcFailure.Malformed);
    });

    [TestMethod, DataRow("ffffff7f"), DataRow("0501"), DataRow("03010203"), Timeout(Patience, CooperativeCancellation = true)]
    public Task Requests_that_are_none_end_without_an_answer(string hex) => RunAsync(async (caller, servicer) =>
    {
        var called = false;
        using var handler = new RpcServer(servicer.Swarm).Handle("X.echo", (_, request, _) =>
        {
            called = true;
            return ValueTask.FromResult(request);
        });
        await using var stream = await caller.Swarm.OpenStreamAsync(servicer.Id, "X.echo", token: Token);
        await stream.WriteAsync(Convert.FromHexString(hex), Token);
        await stream.CloseWriteAsync(Token);
        Assert.AreEqual(0, await stream.ReadAsync(new byte[10], Token));
        Assert.IsFalse(called);
    });

    private Task<RpcException> FailAsync(RpcClient client, TestNode servicer, string method, RpcFailure expected) => Assert.ThrowsExactlyAsync<RpcException>(async () =>
    {
        try
        {
            await client.CallAsync(servicer.Id, method, default, token: Token);
        }
        catch (RpcException error)
        {
            Assert.AreEqual(expected, error.Reason, error.Message);
            throw;
        }
    });

    private async Task<List<byte[]>> ReadAsync(RpcClient client, TestNode servicer, string method, int count)
    {
        var answers = new List<byte[]>();
        await foreach (var answer in client.CallStreamAsync(servicer.Id, method, Requests(count), Token))
            answers.Add(answer.ToArray());
        return answers;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Requests(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return new byte[i];
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> FailAfterOne(IAsyncEnumerable<ReadOnlyMemory<byte>> requests)
    {
        await foreach (var request in requests)
        {
            yield return request;
            throw new RpcHandlerException("on purpose");
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Endless(TaskCompletionSource ended, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
    {
        using var registration = token.Register(() => ended.TrySetResult());
        while (true)
        {
            await Task.Yield();
            yield return new byte[1];
        }
    }

    private static async Task RunAsync(Func<TestNode, TestNode, Task> scenario)
    {
        var network = new MemoryNetwork();
        await using var caller = await TestNode.StartInMemoryAsync(network, 1);
        await using var servicer = await TestNode.StartInMemoryAsync(network, 2);
        await caller.ConnectAsync(servicer);
        await scenario(caller, servicer);
    }
}
