using System.Text;
using PeerNet.Identity;
using PeerNet.Protocols.Identify;
using PeerNet.Swarm.Events;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Protocols;

/// <summary>Identify, push, ping, perf and fetch between a node of ours and real peers, in both roles.</summary>
[TestClass, TestCategory("Interop")]
public sealed class ProtocolInteropTests
{
    private const int Patience = 300_000;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    public static IEnumerable<object[]> Rows =>
        from kind in new[] { PeerKind.Go, PeerKind.Rust, PeerKind.Js }
        from weDial in new[] { true, false }
        select new object[] { kind, weDial };

    public static IEnumerable<object[]> Kinds => new[] { PeerKind.Go, PeerKind.Rust, PeerKind.Js }.Select(kind => new object[] { kind });

    public static IEnumerable<object[]> Keys =>
        from kind in new[] { PeerKind.Go, PeerKind.Rust, PeerKind.Js }
        from key in new[] { (KeyType.Rsa, 2048), (KeyType.Rsa, 4096), (KeyType.Secp256k1, 0) }
        select new object[] { kind, key.Item1, key.Item2 };

    [TestMethod, DynamicData(nameof(Rows)), Timeout(Patience, CooperativeCancellation = true)]
    public Task Both_know_each_other(PeerKind kind, bool weDial) => RunAsync(kind, weDial, async (own, peer, id) =>
    {
        var known = own.Swarm.PeerStore.Get(id)!;
        Assert.IsFalse(string.IsNullOrEmpty(known.AgentVersion));
        CollectionAssert.Contains(known.Protocols.Select(p => p.Value).ToArray(), "/ipfs/ping/1.0.0");
        var address = peer.Addresses[0].Split("/p2p/")[0];
        CollectionAssert.Contains(known.Addresses.Select(a => a.Address.ToString()).ToArray(), address);

        var seen = await own.SeenByAsync(peer, _ => true, Token);
        Assert.AreEqual("peernet/test", seen.Text("agentVersion"));
        Assert.Contains("/ipfs/id/push/1.0.0", seen.Texts("protocols"));
        Assert.IsTrue(seen.Texts("listenAddrs").Any(a => own.Node.Address.ToString().StartsWith(a.Split("/p2p/")[0], StringComparison.Ordinal)), seen.ToString());
    });

    /// <summary>Peers whose control protocol does not tell what they know of us: what they tell us, and that they answer.</summary>
    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    [DataRow(PeerKind.Kubo)]
    [DataRow(PeerKind.Hivemind)]
    [DataRow(PeerKind.Python)]
    public Task Others_tell_what_they_are_and_answer_pings(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, null, Token);
        await using var own = await OwnNode.StartAsync();
        var id = PeerId.Parse(peer.PeerId);
        await own.Node.ConnectAsync(peer.Addresses.First(address => address.Contains("/tcp/", StringComparison.Ordinal)), Token);
        Assert.IsTrue(await own.Identify.WaitIdentifiedAsync(id, Token));
        Assert.IsTrue(own.Swarm.PeerStore.Supports(id, "/ipfs/ping/1.0.0"));
        Assert.IsGreaterThan(TimeSpan.Zero, await own.Ping.PingAsync(id, Token));
        TestContext.WriteLine($"{kind}: {own.Swarm.PeerStore.Get(id)!.AgentVersion}, {own.Swarm.PeerStore.GetProtocols(id).Count} protocols");
    });

    [TestMethod, DynamicData(nameof(Kinds)), Timeout(Patience, CooperativeCancellation = true)]
    public Task Our_push_arrives(PeerKind kind) => RunAsync(kind, weDial: true, async (own, peer, id) =>
    {
        using var handler = own.Swarm.Handle("/lab/pushed/1", (_, _) => default);
        await own.SeenByAsync(peer, seen => seen.Texts("protocols").Contains("/lab/pushed/1"), Token);
        handler.Dispose();
        var seen = await own.SeenByAsync(peer, seen => !seen.Texts("protocols").Contains("/lab/pushed/1"), Token);
        Assert.Contains("/ipfs/ping/1.0.0", seen.Texts("protocols"));
    });

    [TestMethod, DynamicData(nameof(Kinds)), Timeout(Patience, CooperativeCancellation = true)]
    public Task Their_push_arrives(PeerKind kind) => RunAsync(kind, weDial: false, async (own, peer, id) =>
    {
        await peer.CallAsync("handle", new { protocol = "/lab/pushed/1", mode = "echo" }, cancellation: Token);
        await own.WaitAsync<PeerIdentified>(e => e.Identity.Protocols.Contains("/lab/pushed/1"), () => own.Swarm.PeerStore.Supports(id, "/lab/pushed/1"), Token);
        await peer.CallAsync("unhandle", new { protocol = "/lab/pushed/1" }, cancellation: Token);
        await own.WaitAsync<PeerIdentified>(e => !e.Identity.Protocols.Contains("/lab/pushed/1"), () => !own.Swarm.PeerStore.Supports(id, "/lab/pushed/1"), Token);
        Assert.IsTrue(own.Swarm.PeerStore.Supports(id, "/ipfs/ping/1.0.0"));
    });

    [TestMethod, DynamicData(nameof(Keys)), Timeout(Patience, CooperativeCancellation = true)]
    public Task A_large_key_twenty_protocols_and_a_record_are_known_in_full(PeerKind kind, KeyType type, int bits) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, null, Token);
        await using var own = await OwnNode.StartAsync(type, bits);
        var names = Enumerable.Range(0, 20).Select(i => $"/lab/a-protocol-with-a-name-of-some-length/{i}").ToArray();
        foreach (var name in names)
            own.Swarm.Handle(name, (_, _) => default);
        await own.ConnectAsync(peer, weDial: true, Token);
        var seen = await own.SeenByAsync(peer, _ => true, Token);
        CollectionAssert.IsSubsetOf(names, seen.Texts("protocols").ToArray());
        Assert.IsNotEmpty(seen.Texts("listenAddrs"));
    });

    [TestMethod, DynamicData(nameof(Kinds)), Timeout(Patience, CooperativeCancellation = true)]
    public Task Their_signed_record_verifies(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var options = kind == PeerKind.Rust ? new PeerOptions().With("--signed-records") : null;
        var peer = await group.StartAsync(kind, options, Token);
        await using var own = await OwnNode.StartAsync();
        var id = await own.ConnectAsync(peer, weDial: true, Token);
        var envelope = own.Swarm.PeerStore.GetSignedRecord(id);
        Assert.IsTrue(PeerRecord.TryOpen(envelope.Span, out var record, out var reason), reason);
        Assert.AreEqual(id, record.PeerId);
        Assert.AreEqual(kind == PeerKind.Rust, record.IsLegacy);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Go_verifies_our_signed_record() => RunAsync(PeerKind.Go, weDial: true, async (own, peer, id) =>
    {
        var asked = await peer.CallAsync("identify", new { peer = own.Node.Id.ToString() }, cancellation: Token);
        Assert.IsNotNull(asked.Member("signedPeerRecord"), asked.ToString());
        Assert.IsNull(asked.Member("signedPeerRecordError"), asked.ToString());
        Assert.HasCount(1, asked.Items("messageSizes"));
    });

    [TestMethod, DynamicData(nameof(Rows)), Timeout(Patience, CooperativeCancellation = true)]
    public Task Pings_are_answered_both_ways(PeerKind kind, bool weDial) => RunAsync(kind, weDial, async (own, peer, id) =>
    {
        for (var i = 0; i < 5; i++)
            Assert.IsGreaterThan(TimeSpan.Zero, await own.Ping.PingAsync(id, Token));
        Assert.HasCount(5, (await peer.CallAsync("ping", new { peer = own.Node.Id.ToString(), count = 5 }, cancellation: Token)).Items("rtts"));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Go_pings_many_times_on_one_stream() => RunAsync(PeerKind.Go, weDial: false, async (own, peer, id) =>
    {
        var pings = await peer.CallAsync("ping", new { peer = own.Node.Id.ToString(), count = 50, sameStream = true }, cancellation: Token);
        Assert.HasCount(50, pings.Items("rtts"));
    });

    [TestMethod, DynamicData(nameof(Rows)), Timeout(Patience, CooperativeCancellation = true)]
    public Task Perf_moves_every_byte_both_ways(PeerKind kind, bool weDial) => RunAsync(kind, weDial, async (own, peer, id) =>
    {
        // js grants a window of up to 16 MiB and resets a stream with more than 4 MiB unread, which a busy machine brings about.
        var up = kind == PeerKind.Js ? 3_456_789UL : 12_345_678UL;
        const ulong Down = 9_876_543;
        var result = await own.Perf.MeasureAsync(id, up, Down, null, Token);
        Assert.AreEqual(Down, result.DownloadBytes);
        TestContext.WriteLine($"{kind}: we up {result.UploadBitsPerSecond / 1e6:F0} Mbit/s, down {result.DownloadBitsPerSecond / 1e6:F0} Mbit/s");

        // js sends a whole window as one frame, which rust cannot read; we can.
        var theirs = await peer.CallAsync("perf", new { peer = own.Node.Id.ToString(), up = Down, down = up }, TimeSpan.FromMinutes(1), Token);
        TestContext.WriteLine($"{kind}: {theirs}");
    });

    [TestMethod, DynamicData(nameof(Kinds)), Timeout(Patience, CooperativeCancellation = true)]
    public Task Perf_with_nothing_to_move_ends(PeerKind kind) => RunAsync(kind, weDial: true, async (own, peer, id) =>
    {
        var result = await own.Perf.MeasureAsync(id, 0, 0, null, Token);
        Assert.AreEqual(0UL, result.DownloadBytes);
        await peer.CallAsync("perf", new { peer = own.Node.Id.ToString(), up = 0, down = 0 }, cancellation: Token);
    });

    [TestMethod, DynamicData(nameof(Rows)), Timeout(Patience, CooperativeCancellation = true)]
    public Task Fetch_finds_values_both_ways(PeerKind kind, bool weDial) => RunAsync(kind, weDial, async (own, peer, id) =>
    {
        await peer.CallAsync("fetchPublish", new { key = "/lab/theirs", value = "their value" }, cancellation: Token);
        Assert.AreEqual("their value", Encoding.UTF8.GetString((await own.Fetch.FetchAsync(id, "/lab/theirs", Token))!));
        Assert.IsNull(await own.Fetch.FetchAsync(id, "/lab/absent", Token));

        using var registration = own.Fetch.Register("/lab/", (key, _) => new(key.Span.SequenceEqual("/lab/ours"u8) ? "our value"u8.ToArray() : (ReadOnlyMemory<byte>?)null));
        var fetched = await peer.CallAsync("fetch", new { peer = own.Node.Id.ToString(), key = "/lab/ours" }, cancellation: Token);
        Assert.Contains("our value", fetched.ToString());
    });

    private Task RunAsync(PeerKind kind, bool weDial, Func<OwnNode, PeerProcess, PeerId, Task> body) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, null, Token);
        await using var own = await OwnNode.StartAsync();
        var id = await own.ConnectAsync(peer, weDial, Token);
        await body(own, peer, id);
    });
}
