using Microsoft.Extensions.Time.Testing;
using PeerNet.Connections.Transports.Memory;
using PeerNet.Core.Errors;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.Testing.Nodes;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Identify;

[TestClass]
public sealed class IdentifyServiceTests
{
    private readonly MemoryNetwork _network = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task Both_ends_of_a_connection_know_each_other()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        await using var identifyA = new IdentifyService(a.Swarm, new IdentifyOptions { AgentVersion = "a/1" });
        await using var identifyB = new IdentifyService(b.Swarm, new IdentifyOptions { AgentVersion = "b/1" });
        await a.ConnectAsync(b, Token);
        Assert.IsTrue(await identifyA.WaitIdentifiedAsync(b.Id, Token));
        await Eventually.IsTrueAsync(() => b.Swarm.IsConnected(a.Id), Token);
        Assert.IsTrue(await identifyB.WaitIdentifiedAsync(a.Id, Token));

        Assert.AreEqual("b/1", a.Swarm.PeerStore.Get(b.Id)!.AgentVersion);
        Assert.AreEqual("a/1", b.Swarm.PeerStore.Get(a.Id)!.AgentVersion);
        Assert.IsTrue(b.Swarm.PeerStore.Supports(a.Id, IdentifyProtocol.Push));
        CollectionAssert.Contains(b.Swarm.PeerStore.GetAddresses(a.Id).ToArray(), a.Address.WithoutPeerId());
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_new_protocol_is_pushed_within_a_second()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        await using var identifyA = new IdentifyService(a.Swarm, new IdentifyOptions { Timeout = TimeSpan.FromMinutes(1) });
        await using var identifyB = new IdentifyService(b.Swarm);
        await ConnectAndIdentifyAsync(a, identifyA, b, identifyB);
        using var x = a.Swarm.Handle("/new/1", (_, _) => default);
        using var y = a.Swarm.Handle("/new/2", (_, _) => default);
        var start = _time.GetUtcNow();
        await Eventually.IsTrueAsync(() => b.Swarm.PeerStore.Supports(a.Id, "/new/2"), Token, () => _time.Advance(TimeSpan.FromMilliseconds(1)));
        Assert.IsTrue(b.Swarm.PeerStore.Supports(a.Id, "/new/1"));
        Assert.IsGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(450), _time.GetUtcNow() - start, "changes are gathered");
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_push_that_lists_less_is_added_and_the_peer_asked_anew()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        await using var identifyA = new IdentifyService(a.Swarm);
        using var kept = b.Swarm.Handle("/kept/1", (_, _) => default);
        using var served = b.Swarm.Handle(IdentifyProtocol.Identify, (stream, token) => IdentifyExchange.TellAsync(stream, InfoOf(b, "/kept/1", "/fresh/1"), token));
        await a.ConnectAsync(b, Token);
        Assert.IsTrue(await identifyA.WaitIdentifiedAsync(b.Id, Token));

        a.Swarm.PeerStore.SetProtocols(b.Id, ["/kept/1", "/gone/1"]);
        await PushAsync(b, a, InfoOf(b, "/other/1"));
        await Eventually.IsTrueAsync(() => a.Swarm.PeerStore.Supports(b.Id, "/fresh/1"), Token);
        Assert.IsTrue(a.Swarm.PeerStore.Supports(b.Id, "/kept/1"));
        Assert.IsFalse(a.Swarm.PeerStore.Supports(b.Id, "/gone/1"), "the answer to the question counts");

        a.Swarm.PeerStore.SetProtocols(b.Id, ["/kept/1"]);
        await PushAsync(b, a, InfoOf(b, "/other/1"));
        await Eventually.IsTrueAsync(() => a.Swarm.PeerStore.Supports(b.Id, "/other/1"), Token);
        Assert.IsTrue(a.Swarm.PeerStore.Supports(b.Id, "/kept/1"), "too soon to ask again: both lists hold");
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_push_that_lists_all_replaces_and_one_without_lists_changes_nothing()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        await using var identifyA = new IdentifyService(a.Swarm);
        await a.ConnectAsync(b, Token);
        a.Swarm.PeerStore.SetProtocols(b.Id, ["/one/1"]);
        await PushAsync(b, a, InfoOf(b, "/one/1", "/two/1"));
        await Eventually.IsTrueAsync(() => a.Swarm.PeerStore.Supports(b.Id, "/two/1"), Token);
        await PushAsync(b, a, new IdentifyInfo { AgentVersion = "later/1" });
        await Eventually.IsTrueAsync(() => a.Swarm.PeerStore.Get(b.Id)!.AgentVersion == "later/1", Token);
        Assert.IsTrue(a.Swarm.PeerStore.Supports(b.Id, "/two/1"));
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task The_key_of_another_peer_discards_everything_and_is_reported()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        var reports = new List<Misbehaviour>();
        var watching = WatchAsync(a, reports);
        await using var identifyA = new IdentifyService(a.Swarm);
        using var served = b.Swarm.Handle(IdentifyProtocol.Identify, (stream, token)
            => IdentifyExchange.TellAsync(stream, InfoOf(b, "/evil/1") with { PublicKey = PeerStreamPair.KeyOf(9).PublicKey }, token));
        await a.ConnectAsync(b, Token);
        Assert.IsFalse(await identifyA.WaitIdentifiedAsync(b.Id, Token));
        Assert.IsFalse(a.Swarm.PeerStore.Supports(b.Id, "/evil/1"));
        await Eventually.IsTrueAsync(() => reports.Exists(report => report.Kind == "forged-key"), Token);
        await a.DisposeAsync();
        await watching;
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_signed_record_counts_when_it_is_the_peers_own_and_newer()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        var told = InfoOf(b, "/x/1") with { ListenAddresses = [Multiaddress.Parse("/ip4/10.9.9.9/tcp/1")] };
        using var served = b.Swarm.Handle(IdentifyProtocol.Identify, (stream, token) => IdentifyExchange.TellAsync(stream, told, token));
        await using var identifyA = new IdentifyService(a.Swarm);

        told = told with { SignedPeerRecord = RecordOf(2, sequence: 7, "/ip4/10.0.0.7/tcp/1") };
        Assert.AreEqual("/ip4/10.0.0.7/tcp/1", await IdentifiedAddressesAsync(a, identifyA, b));
        told = told with { SignedPeerRecord = RecordOf(2, sequence: 6, "/ip4/10.0.0.6/tcp/1") };
        Assert.AreEqual("/ip4/10.9.9.9/tcp/1", await IdentifiedAddressesAsync(a, identifyA, b), "an older record is none");
        told = told with { SignedPeerRecord = RecordOf(9, sequence: 8, "/ip4/10.0.0.8/tcp/1") };
        Assert.AreEqual("/ip4/10.9.9.9/tcp/1", await IdentifiedAddressesAsync(a, identifyA, b), "another peer's record is none");
        var broken = RecordOf(2, sequence: 9, "/ip4/10.0.0.9/tcp/1").ToArray();
        broken[^1] ^= 1;
        told = told with { SignedPeerRecord = broken };
        Assert.AreEqual("/ip4/10.9.9.9/tcp/1", await IdentifiedAddressesAsync(a, identifyA, b), "a broken record is none");
        told = told with { SignedPeerRecord = RecordOf(2, sequence: 10, "/ip4/10.0.0.10/tcp/1") };
        Assert.AreEqual("/ip4/10.0.0.10/tcp/1", await IdentifiedAddressesAsync(a, identifyA, b));
        CollectionAssert.DoesNotContain(a.Swarm.PeerStore.GetAddresses(b.Id).ToArray(), Multiaddress.Parse("/ip4/10.0.0.7/tcp/1"));
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_silent_peer_ends_the_wait_at_the_deadline_and_is_asked_again()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        var asked = 0;
        using var served = b.Swarm.Handle(IdentifyProtocol.Identify, async (stream, token) =>
        {
            if (Interlocked.Increment(ref asked) == 1)
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            await IdentifyExchange.TellAsync(stream, InfoOf(b, "/x/1"), token);
        });
        await using var identifyA = new IdentifyService(a.Swarm);
        await a.ConnectAsync(b, Token);
        var waiting = identifyA.WaitIdentifiedAsync(b.Id, Token).AsTask();
        await Eventually.IsTrueAsync(() => asked == 1, Token);
        Assert.IsFalse(waiting.IsCompleted);
        await Eventually.IsTrueAsync(() => waiting.IsCompleted, Token, () => _time.Advance(TimeSpan.FromMilliseconds(50)));
        Assert.IsFalse(await waiting);
        await Eventually.IsTrueAsync(() => a.Swarm.PeerStore.Supports(b.Id, "/x/1"), Token, () => _time.Advance(TimeSpan.FromMilliseconds(50)));
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_peer_without_identify_ends_the_wait_at_once()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        await using var identifyA = new IdentifyService(a.Swarm);
        await a.ConnectAsync(b, Token);
        Assert.IsFalse(await identifyA.WaitIdentifiedAsync(b.Id, Token));
        await Assert.ThrowsExactlyAsync<NegotiationException>(() => identifyA.IdentifyAsync(b.Id, Token).AsTask());
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task A_push_out_of_all_proportion_resets_its_stream_and_the_connection_lives()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        await using var identifyA = new IdentifyService(a.Swarm);
        var connection = await b.ConnectAsync(a, Token);
        await using var stream = await connection.OpenStreamAsync(IdentifyProtocol.Push, null, Token);
        var frame = new byte[8192];
        for (var i = 0; i < frame.Length; i += 2)
            frame[i] = 0x12;
        await FrameWriter.SendAsync(stream, frame, Token);
        var error = await Assert.ThrowsExactlyAsync<StreamResetException>(() => stream.ReadAsync(new byte[1], Token).AsTask());
        Assert.AreEqual(ErrorCodes.StreamProtocolViolation, error.Code);
        Assert.IsFalse(connection.IsClosed);
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public async Task Everything_ends_with_the_service()
    {
        await using var a = await StartAsync(1);
        await using var b = await StartAsync(2);
        var identifyA = new IdentifyService(a.Swarm);
        await using var identifyB = new IdentifyService(b.Swarm);
        await ConnectAndIdentifyAsync(a, identifyA, b, identifyB);
        await identifyA.DisposeAsync();
        await identifyA.DisposeAsync();
        CollectionAssert.DoesNotContain(a.Swarm.Protocols.ToArray(), IdentifyProtocol.Identify);
        await Assert.ThrowsExactlyAsync<NegotiationException>(() => identifyB.IdentifyAsync(a.Id, Token).AsTask());
    }

    private static IdentifyInfo InfoOf(TestNode node, params string[] protocols) => new()
    {
        PublicKey = node.Swarm.Identity.PublicKey,
        Protocols = [.. protocols.Select(PeerNet.Core.ProtocolId.FromString)],
        AgentVersion = "hand-made/1",
    };

    private static ReadOnlyMemory<byte> RecordOf(byte seed, ulong sequence, string address)
        => PeerRecord.Seal(PeerStreamPair.KeyOf(seed), sequence, [Multiaddress.Parse(address)]).Envelope.Encoded;

    private static async Task WatchAsync(TestNode node, List<Misbehaviour> reports)
    {
        await foreach (var happened in node.Swarm.SubscribeAsync())
        {
            if (happened is MisbehaviourReported report)
                reports.Add(report.Misbehaviour);
        }
    }

    private Task<TestNode> StartAsync(byte seed) => TestNode.StartInMemoryAsync(_network, seed, _time);

    private async Task<string> IdentifiedAddressesAsync(TestNode a, IdentifyService identify, TestNode b)
    {
        await a.ConnectAsync(b, Token);
        var identity = await identify.IdentifyAsync(b.Id, Token);
        return string.Join(' ', identity.ListenAddresses);
    }

    private async Task ConnectAndIdentifyAsync(TestNode a, IdentifyService identifyA, TestNode b, IdentifyService identifyB)
    {
        await a.ConnectAsync(b, Token);
        Assert.IsTrue(await identifyA.WaitIdentifiedAsync(b.Id, Token));
        await Eventually.IsTrueAsync(() => b.Swarm.IsConnected(a.Id), Token);
        Assert.IsTrue(await identifyB.WaitIdentifiedAsync(a.Id, Token));
    }

    private async Task PushAsync(TestNode from, TestNode to, IdentifyInfo info)
    {
        await Eventually.IsTrueAsync(() => from.Swarm.IsConnected(to.Id), Token);
        await using var stream = await from.Swarm.OpenStreamAsync(to.Id, IdentifyProtocol.Push, new StreamOptions { AllowLazyNegotiation = false }, Token);
        await IdentifyExchange.TellAsync(stream, info, Token);
    }
}
