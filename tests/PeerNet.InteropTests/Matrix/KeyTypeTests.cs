using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Identity;
using PeerNet.InteropTests.Scenarios;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Matrix;

/// <summary>Every kind of identity key, as ours and as theirs in the same connection, with each security protocol and in both roles.</summary>
[TestClass, TestCategory("Interop"), TestCategory("Matrix")]
public sealed class KeyTypeTests
{
    public TestContext TestContext { get; set; } = null!;

    public static IEnumerable<object[]> Rows =>
        from type in Enum.GetValues<KeyType>()
        from stack in (ProtocolStack[])[ProtocolStack.TcpNoise, ProtocolStack.TcpTls]
        select new object[] { type, stack };

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(MatrixTable.Others);

    [TestMethod, DynamicData(nameof(Rows)), Timeout(300_000, CooperativeCancellation = true)]
    public Task Peers_with_keys_of_one_type_know_each_other(KeyType type, ProtocolStack stack) => PeerGroup.RunAsync(async group =>
    {
        var options = PeerOptions.For(stack);
        var kinds = (PeerKind[])[PeerKind.PeerNet, PeerKind.Go, PeerKind.Rust, PeerKind.Js];
        var peers = await group.StartAllAsync(kinds.Select(kind => (kind, options.With(Flags(kind, type)))), TestContext.CancellationToken);
        foreach (var other in peers.Skip(1))
        {
            foreach (var run in (ScenarioRun[])[new(peers[0], other, stack, TestContext.CancellationToken), new(other, peers[0], stack, TestContext.CancellationToken)])
            {
                if (type == KeyType.Ecdsa && other.Kind == PeerKind.Js)
                {
                    await ClosesOnEcdsaAsync(run);
                    continue;
                }

                await run.WarmUpAsync();
                await ConnectionScenarios.Identify.Body(run);
                await run.DisconnectAsync();
            }
        }
    });

    [TestMethod]
    [DataRow(2048)]
    [DataRow(3072)]
    [DataRow(4096)]
    [Timeout(300_000, CooperativeCancellation = true)]
    public Task An_rsa_key_leaves_room_for_everything_in_identify(int bits) => PeerGroup.RunAsync(async group =>
    {
        using var key = System.Security.Cryptography.RSA.Create(bits);
        Assert.IsTrue(PrivateKey.TryDecode(Encode(key), out var identity, out var error), error);
        using var owned = identity;
        var options = PeerOptions.For(ProtocolStack.TcpNoise);
        var announced = Enumerable.Range(1, 10).SelectMany(i => new[] { "--append-announce", $"/dns4/host-{i}.example/tcp/4001" });
        var peers = await group.StartAllAsync(
            [
                (PeerKind.PeerNet, options.With([.. announced, "--key", Convert.ToHexStringLower(identity!.Encode())])),
                (PeerKind.Go, options), (PeerKind.Rust, options), (PeerKind.Js, options),
            ],
            TestContext.CancellationToken);
        var us = peers[0];
        var protocols = Enumerable.Range(1, 20).Select(i => $"/lab/protocol-number-{i}/1.0.0").ToList();
        foreach (var protocol in protocols)
            await us.CallAsync("handle", new { protocol }, cancellation: TestContext.CancellationToken);
        foreach (var other in peers.Skip(1))
        {
            var run = new ScenarioRun(other, us, ProtocolStack.TcpNoise, TestContext.CancellationToken);
            await run.WarmUpAsync();
            await run.DialAsync();
            var info = await other.CallAsync("identifyInfo", new { peer = us.PeerId }, cancellation: TestContext.CancellationToken);
            Assert.IsEmpty(protocols.Except(info.Texts("protocols")), other.Name);
            Assert.HasCount(11, info.Texts("listenAddrs"), $"{other.Name}: {info}");
        }
    });

    /// <summary>Rust makes no RSA keys of its own; js has no ECDSA at all.</summary>
    private static string[] Flags(PeerKind kind, KeyType type) => (kind, type) switch
    {
        (PeerKind.Js, KeyType.Ecdsa) => [],
        (PeerKind.Rust, KeyType.Rsa) => ["--key", Convert.ToHexStringLower(NewKey(type))],
        _ => ["--key-type", type.ToString().ToLowerInvariant()],
    };

    private static byte[] NewKey(KeyType type)
    {
        using var key = PrivateKey.Generate(type);
        return key.Encode();
    }

    /// <summary>The libp2p form of an RSA key: its type, and PKCS #1.</summary>
    private static byte[] Encode(System.Security.Cryptography.RSA key)
    {
        var der = key.ExportRSAPrivateKey();
        return [0x08, 0x00, 0x12, .. Varint(der.Length), .. der];

        static byte[] Varint(int value) => [(byte)(value | 0x80), (byte)(value >> 7)];
    }

    private static async Task ClosesOnEcdsaAsync(ScenarioRun run)
    {
        var js = run.A.Kind == PeerKind.Js ? run.A : run.B;
        var us = run.A.Kind == PeerKind.Js ? run.B : run.A;
        try
        {
            await run.DialAsync();
        }
        catch (ControlException e) when (e.Name != ControlErrors.PeerExited)
        {
            // Whether the dialer hears of it at once depends on who speaks last in the handshake.
        }

        await js.CallAsync("waitDisconnected", new { peer = us.PeerId }, cancellation: run.Cancellation);
        await us.CallAsync("waitDisconnected", new { peer = js.PeerId }, cancellation: run.Cancellation);
        Assert.IsTrue(run.Meets(PeerFaults.JsWithoutEcdsa, true));
    }
}
