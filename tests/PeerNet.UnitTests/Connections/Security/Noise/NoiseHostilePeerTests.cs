using System.Buffers.Binary;
using System.Text.Json;
using PeerNet.Connections.Security.Noise;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Security.Noise;

[TestClass]
public sealed class NoiseHostilePeerTests
{
    private readonly BufferPool _pool = new();

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Judges_every_recorded_attack_as_the_specification_says()
    {
        foreach (var vector in NoiseVectors.Hostile)
        {
            foreach (var expectsPeer in (bool[])[true, false])
            {
                var error = vector.GetProperty("attacker").GetString() == "responder"
                    ? await AttackInitiatorAsync(vector, expectsPeer)
                    : await AttackResponderAsync(vector, expectsPeer);
                var verdict = vector.GetProperty("expect").GetString()!;
                var shouldAccept = verdict.StartsWith("accept", StringComparison.Ordinal) || (verdict.StartsWith("reject when", StringComparison.Ordinal) && !expectsPeer);
                Assert.AreEqual(shouldAccept, error is null, $"{vector.Name()}, expecting a peer {expectsPeer}: {error?.Message}");
                if (verdict.StartsWith("reject when", StringComparison.Ordinal) && error is not null)
                    Assert.AreEqual(HandshakeFailure.UnexpectedPeer, error.Reason);
            }
        }

        Assert.AreEqual(0, _pool.Rented);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(31)]
    [DataRow(33)]
    [DataRow(65535)]
    public async Task Refuses_an_impossible_length_before_its_bytes_come(int length)
    {
        var (us, attacker) = InMemoryRawPair.Create();
        var prefix = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)length);
        await attacker.SendAsync(prefix, TestContext.CancellationToken);
        var error = await Assert.ThrowsExactlyAsync<HandshakeException>(
            async () => await new NoiseProtocol(PrivateKey.Generate(), pool: _pool).SecureAsync(us, new SecurityContext { IsInitiator = false }, TestContext.CancellationToken));
        Assert.AreEqual(HandshakeFailure.Malformed, error.Reason);
        Assert.IsTrue(us.IsAborted);
        Assert.AreEqual(0, us.BytesSent);
        Assert.AreEqual(0, _pool.Rented);
    }

    [TestMethod]
    public async Task A_peer_that_answers_in_plain_text_is_refused()
    {
        var (us, attacker) = InMemoryRawPair.Create();
        await attacker.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), TestContext.CancellationToken);
        var error = await Assert.ThrowsExactlyAsync<HandshakeException>(
            async () => await new NoiseProtocol(PrivateKey.Generate(), pool: _pool).SecureAsync(us, new SecurityContext { IsInitiator = true }, TestContext.CancellationToken));
        Assert.AreEqual(HandshakeFailure.Malformed, error.Reason);
    }

    [TestMethod]
    public async Task A_silent_peer_holds_no_buffer_but_the_handshakes_own()
    {
        var (us, _) = InMemoryRawPair.Create();
        using var deadline = new CancellationTokenSource();
        var handshake = new NoiseProtocol(PrivateKey.Generate(), pool: _pool).SecureAsync(us, new SecurityContext { IsInitiator = false }, deadline.Token).AsTask();
        Assert.AreEqual(0, us.WaitingReceiveBytes);
        await deadline.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => handshake);
        Assert.IsTrue(us.IsAborted);
        Assert.AreEqual(0, _pool.Rented);
    }

    private async Task<HandshakeException?> AttackInitiatorAsync(JsonElement vector, bool expectsPeer)
    {
        var (us, attacker) = InMemoryRawPair.Create();
        var session = StartSession(us, vector, "initiator", expectsPeer, out var owned);
        await attacker.SendAsync(vector.Bytes("message2"), TestContext.CancellationToken);
        var error = await RunAsync(async () => await session.InitiateAsync(TestContext.CancellationToken));
        owned.Dispose();
        var sent = await ReadAllAsync(us, attacker);
        var message1 = vector.Bytes("message1");
        CollectionAssert.AreEqual(message1, sent[..message1.Length]);
        if (error is not null)
            Assert.AreEqual(message1.Length, sent.Length, vector.Name() + ": message 3 went to a peer that was refused");
        return error;
    }

    private async Task<HandshakeException?> AttackResponderAsync(JsonElement vector, bool expectsPeer)
    {
        var (us, attacker) = InMemoryRawPair.Create();
        var session = StartSession(us, vector, "responder", expectsPeer, out var owned);
        await attacker.SendAsync(vector.Bytes("message1"), TestContext.CancellationToken);
        await attacker.SendAsync(vector.Bytes("message3"), TestContext.CancellationToken);
        await attacker.ShutdownAsync(TestContext.CancellationToken);
        var error = await RunAsync(async () => await session.RespondAsync(TestContext.CancellationToken));
        owned.Dispose();
        if (vector.Bytes("message2") is { Length: > 0 } message2)
            CollectionAssert.AreEqual(message2, await ReadAllAsync(us, attacker), vector.Name());
        return error;
    }

    private NoiseSession StartSession(RawConnection us, JsonElement vector, string role, bool expectsPeer, out IDisposable owned)
    {
        var victim = PrivateKey.Decode(vector.Bytes("victimIdentity"));
        var staticKey = new NoiseStaticKey(victim, vector.Secret(role + "Static"));
        var handshake = new NoiseHandshake(role == "initiator", staticKey, _pool, ephemeral: vector.Secret(role + "Ephemeral"));
        var reader = new NoiseFrameReader(us, _pool);
        var output = _pool.RentSmall();
        owned = new Owned(() =>
        {
            handshake.Dispose();
            reader.Dispose();
            output.Release();
        });
        var expected = expectsPeer && vector.TryGetProperty("expectedPeer", out var peer) ? PeerId.Parse(peer.GetString()!) : null;
        return new NoiseSession(us, reader, handshake, staticKey, new SecurityContext { IsInitiator = role == "initiator", ExpectedPeer = expected }, output);
    }

    private static async Task<HandshakeException?> RunAsync(Func<Task<NoiseConnection>> handshake)
    {
        try
        {
            var connection = await handshake();
            Assert.IsNull(connection.EarlyMuxer);
            return null;
        }
        catch (HandshakeException error)
        {
            return error;
        }
    }

    private async Task<byte[]> ReadAllAsync(InMemoryRawConnection us, InMemoryRawConnection attacker)
    {
        await us.ShutdownAsync(TestContext.CancellationToken);
        using var all = new MemoryStream();
        var buffer = new byte[4096];
        while (await attacker.ReceiveAsync(buffer, TestContext.CancellationToken) is > 0 and var count)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }

    private sealed class Owned(Action dispose) : IDisposable
    {
        public void Dispose() => dispose();
    }
}
