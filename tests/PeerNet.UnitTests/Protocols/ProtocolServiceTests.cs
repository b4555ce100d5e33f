using System.Text;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Connections.Transports.Memory;
using PeerNet.Core.Errors;
using PeerNet.Protocols.Fetch;
using PeerNet.Protocols.Perf;
using PeerNet.Protocols.Ping;
using PeerNet.Protocols.RequestResponse;
using PeerNet.Testing.Nodes;

namespace PeerNet.UnitTests.Protocols;

/// <summary>Ping, perf, fetch and request-response between two nodes on the real ladder, in virtual time.</summary>
[TestClass]
public sealed class ProtocolServiceTests
{
    private readonly MemoryNetwork _network = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private TestNode _a = null!;
    private TestNode _b = null!;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestInitialize]
    public async Task ConnectAsync()
    {
        _a = await TestNode.StartInMemoryAsync(_network, 1, _time);
        _b = await TestNode.StartInMemoryAsync(_network, 2, _time);
        await _a.ConnectAsync(_b, Token);
    }

    [TestCleanup]
    public async Task DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task Pings_one_after_another_and_at_once()
    {
        using var ping = new PingService(_a.Swarm);
        using var pong = new PingService(_b.Swarm);
        await ping.PingAsync(_b.Id, Token);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ping.PingAsync(_b.Id, Token).AsTask()));
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_ping_without_an_answer_ends_at_its_deadline()
    {
        using var ping = new PingService(_a.Swarm);
        using var silent = _b.Swarm.Handle(PingProtocol.Id, async (_, token) => await Task.Delay(Timeout.InfiniteTimeSpan, _time, token));
        var pinging = ping.PingAsync(_b.Id, Token).AsTask();
        await Eventually.IsTrueAsync(() => pinging.IsCompleted, Token, () => _time.Advance(TimeSpan.FromMilliseconds(50)));
        await Assert.ThrowsExactlyAsync<TimeoutException>(() => pinging);
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_peer_that_does_not_ping_says_so()
    {
        using var ping = new PingService(_a.Swarm);
        var error = await Assert.ThrowsExactlyAsync<NegotiationException>(() => ping.PingAsync(_b.Id, Token).AsTask());
        Assert.AreEqual(NegotiationFailure.Unsupported, error.Reason);
    }

    [TestMethod]
    [Timeout(60_000, CooperativeCancellation = true)]
    public async Task Perf_moves_megabytes_both_ways()
    {
        using var client = new PerfService(_a.Swarm);
        using var server = new PerfService(_b.Swarm, new PerfOptions { Serve = true });
        var result = await client.MeasureAsync(_b.Id, 5_000_000, 4_000_000, null, Token);
        Assert.AreEqual(5_000_000UL, result.UploadBytes);
        Assert.AreEqual(4_000_000UL, result.DownloadBytes);
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task Perf_is_not_served_unless_told_to()
    {
        using var client = new PerfService(_a.Swarm);
        using var server = new PerfService(_b.Swarm);
        await Assert.ThrowsExactlyAsync<NegotiationException>(() => client.MeasureAsync(_b.Id, 1, 1, null, Token).AsTask());
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task Perf_refuses_more_than_its_cap()
    {
        using var client = new PerfService(_a.Swarm);
        using var server = new PerfService(_b.Swarm, new PerfOptions { Serve = true, MaxServedBytes = 10 });
        var error = await Assert.ThrowsExactlyAsync<StreamResetException>(() => client.MeasureAsync(_b.Id, 0, 11, null, Token).AsTask());
        Assert.AreEqual(ErrorCodes.StreamResourceLimit, error.Code);
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task Fetch_finds_values_and_misses_others()
    {
        using var client = new FetchService(_a.Swarm);
        using var server = new FetchService(_b.Swarm);
        using var registration = server.Register("/v/", (key, _) => new(key.Span.EndsWith("1"u8) ? "one"u8.ToArray() : (ReadOnlyMemory<byte>?)null));
        Assert.AreEqual("one", Encoding.UTF8.GetString((await client.FetchAsync(_b.Id, "/v/1", Token))!));
        Assert.IsNull(await client.FetchAsync(_b.Id, "/v/2", Token));
        await Assert.ThrowsExactlyAsync<FetchException>(() => client.FetchAsync(_b.Id, "/w/1", Token).AsTask());
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => client.FetchAsync(_b.Id, new string('k', 5000), Token).AsTask());
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task Requests_are_answered_and_failures_have_reasons()
    {
        using var client = new RequestProtocol(_a.Swarm, "/test/1");
        Assert.AreEqual(RequestFailure.Unsupported, await FailureOfAsync(client));
        using var server = new RequestProtocol(_b.Swarm, "/test/1");
        server.Serve((request, _) => request.Body.Span[0] switch
        {
            0 => new(request.Body.ToArray()),
            1 => throw new RequestRefusedException(),
            _ => throw new InvalidOperationException(),
        });
        CollectionAssert.AreEqual(new byte[] { 0, 7 }, await client.SendAsync(_b.Id, new byte[] { 0, 7 }, Token));
        Assert.AreEqual(RequestFailure.Busy, await FailureOfAsync(client, 1));
        Assert.AreEqual(RequestFailure.Rejected, await FailureOfAsync(client, 2));
        Assert.AreEqual(RequestFailure.Unreachable, await FailureOfAsync(client, 0, PeerNet.Testing.Streams.PeerStreamPair.KeyOf(77).PeerId));
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_request_without_an_answer_ends_at_its_deadline()
    {
        using var client = new RequestProtocol(_a.Swarm, "/test/1", new RequestOptions { Timeout = TimeSpan.FromSeconds(3) });
        using var server = new RequestProtocol(_b.Swarm, "/test/1");
        server.Serve(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            return default;
        });
        var failing = FailureOfAsync(client);
        await Eventually.IsTrueAsync(() => failing.IsCompleted, Token, () => _time.Advance(TimeSpan.FromMilliseconds(50)));
        Assert.AreEqual(RequestFailure.TimedOut, await failing);
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task Requests_over_the_servers_limit_are_told_that_it_is_busy()
    {
        using var client = new RequestProtocol(_a.Swarm, "/test/1");
        using var server = new RequestProtocol(_b.Swarm, "/test/1", new RequestOptions { MaxServed = 1 });
        var release = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        server.Serve(async (request, _) =>
        {
            entered.SetResult();
            await release.Task;
            return request.Body.ToArray();
        });
        var first = client.SendAsync(_b.Id, new byte[] { 1 }, Token).AsTask();
        await entered.Task.WaitAsync(Token);
        Assert.AreEqual(RequestFailure.Busy, await FailureOfAsync(client));
        release.SetResult();
        await first;
    }

    private async Task<RequestFailure> FailureOfAsync(RequestProtocol client, byte body = 0, PeerNet.Identity.PeerId? peer = null)
    {
        var error = await Assert.ThrowsExactlyAsync<RequestException>(() => client.SendAsync(peer ?? _b.Id, new[] { body }, Token).AsTask());
        return error.Reason;
    }
}
