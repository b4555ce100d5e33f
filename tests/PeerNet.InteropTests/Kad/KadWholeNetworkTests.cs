using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Kad;

/// <summary>
/// Twelve real peers of four stacks, two Kubo nodes among them, and four nodes of ours, all joined through one node that leaves later: every
/// kind finds what every other kind has. Once on the public protocol, once on the local one.
/// </summary>
[TestClass, TestCategory("Interop"), TestCategory("LongRunning"), DoNotParallelize]
public sealed class KadWholeNetworkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly PeerKind[] Kinds = [PeerKind.Go, PeerKind.Rust, PeerKind.Js, PeerKind.Kubo, PeerKind.PeerNet];

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js, PeerKind.Kubo);

    [TestMethod, Timeout(600_000, CooperativeCancellation = true)]
    [DataRow("/ipfs/kad/1.0.0")]
    [DataRow("/ipfs/lan/kad/1.0.0")]
    public Task Every_kind_finds_what_every_other_kind_has_even_when_those_who_introduced_them_are_gone(string protocol) => PeerGroup.RunAsync(async group =>
    {
        var ours = new List<NetworkMember.Ours>();
        try
        {
            for (var i = 0; i < 4; i++)
                ours.Add(await NetworkMember.Ours.StartAsync(Token));
            var real = await group.StartAllAsync(Peers(protocol), Token);
            var introducer = ours[0];
            List<NetworkMember> members = [.. real.Select(peer => new NetworkMember.Real(peer)), .. ours.Skip(1)];
            var address = introducer.Node.Addresses[0];
            await Task.WhenAll(members.Select(member => member.DialAsync(address, Token)));
            await Task.WhenAll(members.Select(member => UntilAsync($"{member.Name} has a table", async () => await member.CountTableAsync(Token) >= 3)));

            await Task.WhenAll(members.Select(member => TryAsync($"{member.Name} provides", () => member.ProvideAsync(member.Name, Token))));
            await FindEachOtherAsync(members);
            await PassValuesAsync(members);
            await PassNamesAndKeysAsync(members, ours, group);
            await FetchBlockAsync(members);

            await introducer.DisposeAsync();
            await FindEachOtherAsync(members);
        }
        finally
        {
            foreach (var node in ours)
                await node.DisposeAsync();
        }
    });

    private static IEnumerable<(PeerKind Kind, PeerOptions Options)> Peers(string protocol)
    {
        var isLan = protocol == KadProtocol.Lan.ToString();
        var common = PeerOptions.For(ProtocolStack.TcpNoise).With("--dht", "server", "--dht-addrs", "all");
        string[] named = isLan ? ["--dht-protocol", protocol] : [];
        var go = isLan ? common.With("--dht-prefix", "/ipfs/lan") : common;
        var kubo = new PeerOptions().With("--dht", isLan ? "lan" : "both");
        return
        [
            .. Enumerable.Repeat((PeerKind.Go, go), 4),
            .. Enumerable.Repeat((PeerKind.Rust, common.With("--dht-validate").With(named)), 3),
            .. Enumerable.Repeat((PeerKind.Js, common.With(named)), 3),
            .. Enumerable.Repeat((PeerKind.Kubo, kubo), 2),
        ];
    }

    /// <summary>The first of each kind looks for the last of every other kind, and for what that one provides.</summary>
    private async Task FindEachOtherAsync(List<NetworkMember> members)
    {
        foreach (var (finder, wanted) in Pairs(Kinds).Select(pair => (members.First(member => member.Kind == pair.From), members.Last(member => member.Kind == pair.To))))
        {
            await UntilAsync($"{finder.Name} finds a provider at {wanted.Name}", async () => (await finder.FindProvidersAsync(wanted.Name, Token)).Contains(wanted.Id));
            await UntilAsync($"{finder.Name} finds {wanted.Name}", () => finder.FindPeerAsync(wanted.Id, Token));
        }
    }

    private async Task PassValuesAsync(List<NetworkMember> members)
    {
        PeerKind[] kinds = [PeerKind.Go, PeerKind.Rust, PeerKind.Js, PeerKind.PeerNet];
        foreach (var putter in kinds.Select(kind => members.Last(member => member.Kind == kind)))
            await TryAsync($"{putter.Name} puts a value", () => putter.PutAsync($"/v/{putter.Id}", putter.Name, Token));
        foreach (var (getter, putter) in Pairs(kinds).Select(pair => (members.First(member => member.Kind == pair.From), members.Last(member => member.Kind == pair.To))))
            await UntilAsync($"{getter.Name} gets the value of {putter.Name}", async () => await getter.GetAsync($"/v/{putter.Id}", Token) == putter.Name);
    }

    /// <summary>Records that all of them check by the same rules: names of ours and of kubo's, and public keys.</summary>
    private async Task PassNamesAndKeysAsync(List<NetworkMember> members, List<NetworkMember.Ours> ours, PeerGroup group)
    {
        var (near, far) = (ours[1].Dht, ours[2].Dht);
        var go = ((NetworkMember.Real)members.First(member => member.Kind == PeerKind.Go)).Peer;
        var kubo = ((NetworkMember.Real)members.First(member => member.Kind == PeerKind.Kubo)).Peer;
        using var key = PrivateKey.Generate();
        var record = IpnsRecord.Create(key, "/ipfs/bafkqaaa", 1, TimeProvider.System.GetUtcNow().AddHours(1), TimeSpan.FromMinutes(1));
        var name = IpnsRecord.KeyOf(key.PeerId);
        await near.PutValueAsync(name, record.Bytes, Token);
        await UntilAsync("kubo gets our name", async () =>
            Convert.FromBase64String((await kubo.CallAsync("dhtGet", new { key = "/ipns/" + key.PeerId.ToCid() }, cancellation: Token)).Text("base64")!).AsSpan().SequenceEqual(record.Bytes.Span));
        await UntilAsync("go gets our name", async () => await GetFromGoAsync(go, name) == Convert.ToHexStringLower(record.Bytes.Span));

        await KuboCommands.PublishNameAsync(group, "/ipfs/bafkqaaa", Token);
        var kuboIds = members.Where(member => member.Kind == PeerKind.Kubo).Select(member => PeerId.Parse(member.Id)).ToArray();
        FoundValue? found = null;
        var publisher = kuboIds[0];
        await UntilAsync("we get kubo's name", async () =>
        {
            foreach (var id in kuboIds)
            {
                publisher = id;
                if ((found = await far.GetValueAsync(IpnsRecord.KeyOf(id), null, Token)) is not null)
                    return true;
            }

            return false;
        });
        Assert.IsTrue(IpnsRecord.TryVerify(publisher, found!.Value, out var theirs, out var error), error);
        Assert.AreEqual("/ipfs/bafkqaaa", theirs.Value);
        await UntilAsync("go gets kubo's name", async () => await GetFromGoAsync(go, IpnsRecord.KeyOf(publisher)) is { Length: > 0 });

        using var rsa = PrivateKey.Generate(KeyType.Rsa);
        var keyName = PublicKeyValidator.KeyOf(rsa.PeerId);
        await near.PutValueAsync(keyName, rsa.PublicKey.Encoded, Token);
        await UntilAsync("kubo gets a public key", async () =>
            Convert.FromBase64String((await kubo.CallAsync("dhtGet", new { key = "/pk/" + rsa.PeerId }, cancellation: Token)).Text("base64")!).AsSpan().SequenceEqual(rsa.PublicKey.Encoded.Span));
        await UntilAsync("go gets a public key", async () => await GetFromGoAsync(go, keyName) == Convert.ToHexStringLower(rsa.PublicKey.Encoded.Span));
        await UntilAsync("we get a public key", async () => await far.GetValueAsync(keyName, null, Token) is { } value && value.Value.Span.SequenceEqual(rsa.PublicKey.Encoded.Span));
    }

    /// <summary>One kubo fetches a block of the other's through the provider records of the network, and pings one of ours.</summary>
    private async Task FetchBlockAsync(List<NetworkMember> members)
    {
        var kubos = members.Where(member => member.Kind == PeerKind.Kubo).Cast<NetworkMember.Real>().ToArray();
        var ours = members.Last(member => member.Kind == PeerKind.PeerNet);
        const string Text = "a block of the first";
        await kubos[0].ProvideAsync(Text, Token);
        var cid = ContentKey.CidOf(Text).ToString();
        await UntilAsync("we know the block's provider", async () => (await ours.FindProvidersAsync(Text, Token)).Contains(kubos[0].Id));
        var block = await kubos[1].Peer.CallAsync("blockGet", new { cid }, cancellation: Token);
        Assert.AreEqual(Text, block.Text("text"));
        await kubos[1].Peer.CallAsync("ping", new { peer = ours.Id }, cancellation: Token);
    }

    private static async Task<string?> GetFromGoAsync(PeerProcess go, ReadOnlyMemory<byte> key)
        => (await go.CallAsync("dhtGet", new { key = "0x" + Convert.ToHexStringLower(key.Span) })).Items("found") is [.., var best] ? best.Text("hex") : null;

    private static IEnumerable<(PeerKind From, PeerKind To)> Pairs(PeerKind[] kinds)
        => kinds.SelectMany(from => kinds.Where(to => to != from).Select(to => (from, to)));

    /// <summary>Records travel, and tables fill, in their own time: asks until it is so, and says in the end what never was.</summary>
    private async Task UntilAsync(string what, Func<Task<bool>> happened)
    {
        Exception? last = null;
        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < Patience)
        {
            var asked = TimeProvider.System.GetTimestamp();
            try
            {
                if (await happened())
                {
                    TestContext.WriteLine($"{TimeProvider.System.GetElapsedTime(start).TotalSeconds:F1} s, the last answer {TimeProvider.System.GetElapsedTime(asked).TotalSeconds:F1} s: {what}");
                    return;
                }
            }
            catch (Exception e) when (e is KadException or ControlException { Name: not ControlErrors.UnsupportedCommand })
            {
                last = e;
            }

            await Task.Delay(500, Token);
        }

        Assert.Fail($"It never was so that {what}: {last?.Message}");
    }

    private Task TryAsync(string what, Func<Task> action) => UntilAsync(what, async () =>
    {
        await action();
        return true;
    });
}
