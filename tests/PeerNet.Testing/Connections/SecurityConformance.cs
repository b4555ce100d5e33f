using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Testing.Connections;

/// <summary>What every security protocol keeps. A protocol's test class derives from it and says how the protocol is made.</summary>
public abstract class SecurityConformance
{
    private static readonly ProtocolId Yamux = "/yamux/1.0.0";
    private static readonly ProtocolId Other = "/other/1.0.0";

    private readonly PrivateKey _first = PrivateKey.FromEd25519Seed(Enumerable.Repeat((byte)1, 32).ToArray());
    private readonly PrivateKey _second = PrivateKey.FromEd25519Seed(Enumerable.Repeat((byte)2, 32).ToArray());

    /// <summary>Set by the runner.</summary>
    public TestContext TestContext { get; set; } = null!;

    /// <summary>Where the protocol under test takes its blocks: a test ends with all of them back.</summary>
    protected BufferPool Pool { get; } = new();

    /// <summary>Whether several muxers in common are chosen from by the initiator's order; otherwise both ends merely agree.</summary>
    protected virtual bool ChoosesByInitiatorsOrder => true;

    /// <summary>
    /// Whether every byte on the wire is covered by the handshake. TLS has a few that say nothing, such as a record's version: altering one
    /// may leave a sound connection behind.
    /// </summary>
    protected virtual bool CoversEveryByte => true;

    private CancellationToken Token => TestContext.CancellationToken;

    /// <summary>Makes the protocol for an identity.</summary>
    protected abstract ISecurityProtocol Create(PrivateKey identity);

    /// <summary>Both ends learn who the other is.</summary>
    [TestMethod]
    [DataRow(KeyType.Ed25519)]
    [DataRow(KeyType.Secp256k1)]
    [DataRow(KeyType.Ecdsa)]
    [DataRow(KeyType.Rsa)]
    public async Task Both_ends_learn_who_the_other_is(KeyType type)
    {
        using var identity = PrivateKey.Generate(type);
        var link = await ConnectAsync(Create(identity), Create(_second), Initiator(_second.PeerId), Responder());
        Assert.AreEqual(_second.PublicKey, link.Initiator.RemoteKey);
        Assert.AreEqual(identity.PublicKey, link.Responder.RemoteKey);
        Assert.AreEqual(Create(_first).Id, link.Initiator.Security);
        Assert.IsNull(link.Initiator.EarlyMuxer);
        Assert.IsNull(link.Responder.EarlyMuxer);
        await CloseAsync(link);
    }

    /// <summary>An initiator that meets another peer than it dialled refuses, and the other end is not left with a connection.</summary>
    [TestMethod]
    public async Task Refuses_another_peer_than_the_dialled_one()
    {
        var (a, b) = InMemoryRawPair.Create();
        var responder = AcceptThenReadAsync(b);
        var error = await Assert.ThrowsExactlyAsync<HandshakeException>(async () => await Create(_first).SecureAsync(a, Initiator(_first.PeerId), Token));
        Assert.AreEqual(HandshakeFailure.UnexpectedPeer, error.Reason);
        Assert.IsTrue(a.IsAborted);
        Assert.IsFalse(await responder);
        Assert.AreEqual(0, Pool.Rented);
    }

    /// <summary>A responder may expect somebody too: then a stranger's initiator hears of it before any byte of the layer above.</summary>
    [TestMethod]
    public async Task A_responder_refuses_another_peer_than_the_expected_one()
    {
        var (a, b) = InMemoryRawPair.Create();
        var initiator = SecureThenReadAsync(Create(_first), a, Initiator(_second.PeerId), Token);
        var error = await Assert.ThrowsExactlyAsync<HandshakeException>(async () => await Create(_second).SecureAsync(b, Responder() with { ExpectedPeer = _second.PeerId }, Token));
        Assert.AreEqual(HandshakeFailure.UnexpectedPeer, error.Reason);
        Assert.IsTrue(b.IsAborted);
        Assert.IsFalse(await initiator);
        Assert.AreEqual(0, Pool.Rented);
    }

    /// <summary>The multiplexer is the first of the initiator's that the responder has.</summary>
    [TestMethod]
    [DataRow("/yamux/1.0.0", "/yamux/1.0.0", "/yamux/1.0.0")]
    [DataRow("/other/1.0.0,/yamux/1.0.0", "/yamux/1.0.0,/other/1.0.0", "/other/1.0.0")]
    [DataRow("/other/1.0.0,/yamux/1.0.0", "/yamux/1.0.0", "/yamux/1.0.0")]
    [DataRow("/other/1.0.0", "/yamux/1.0.0", null)]
    [DataRow("", "/yamux/1.0.0", null)]
    [DataRow("/yamux/1.0.0", "", null)]
    public async Task Agrees_on_a_muxer_or_leaves_it_open(string offered, string supported, string? expected)
    {
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null) with { Muxers = List(offered) }, Responder() with { Muxers = List(supported) });
        Assert.AreEqual(link.Initiator.EarlyMuxer, link.Responder.EarlyMuxer);
        if (ChoosesByInitiatorsOrder || expected is null)
            Assert.AreEqual(expected, link.Initiator.EarlyMuxer?.Value);
        else
            Assert.IsNotNull(link.Initiator.EarlyMuxer);
        await CloseAsync(link);

        static ProtocolId[] List(string names) => [.. names.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ProtocolId.FromString)];
    }

    /// <summary>Frames of all sizes, many to a send, arrive whole in both directions, received in pieces of any size.</summary>
    [TestMethod]
    [DataRow(int.MaxValue)]
    [DataRow(4097)]
    [DataRow(1)]
    public async Task Carries_frames_of_all_sizes_in_both_directions(int maxReceiveBytes)
    {
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(_second.PeerId), Responder(), maxReceiveBytes: maxReceiveBytes);
        int[] sizes = [1, 0, 15, 16, 17, 255, 256, 4078, 4079, 4080, 4096, 16384, link.Initiator.MaxFramePlaintext - 1, link.Initiator.MaxFramePlaintext, 0, 3];
        await Task.WhenAll(
            SendFramesAsync(link.Initiator, sizes, 3),
            ExpectAsync(link.Responder, sizes, 3),
            SendFramesAsync(link.Responder, sizes, 7),
            ExpectAsync(link.Initiator, sizes, 7));
        await CloseAsync(link);
    }

    /// <summary>Random frames and random sends arrive as one stream of bytes.</summary>
    [TestMethod]
    public async Task Random_traffic_arrives_unaltered()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var random = new Random(seed);
            var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null), Responder(), maxReceiveBytes: random.Next(1, 200_000));
            var sizes = Enumerable.Range(0, 100).Select(_ => random.Next(random.Next(4) == 0 ? link.Initiator.MaxFramePlaintext : 300)).ToArray();
            await Task.WhenAll(SendFramesAsync(link.Initiator, sizes, seed), ExpectAsync(link.Responder, sizes, seed));
            await CloseAsync(link);
        }
    }

    /// <summary>Bytes taken earlier stay as they are while more arrive, until they are released.</summary>
    [TestMethod]
    public async Task Slices_stay_valid_until_they_are_released()
    {
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null), Responder(), maxReceiveBytes: 1000);
        int[] sizes = [.. Enumerable.Range(1, 60).Select(i => i * 37 % 900)];
        var sending = SendFramesAsync(link.Initiator, sizes, 1);
        var kept = new List<BufferSlice>();
        for (var left = sizes.Sum(); left > 0; left -= kept[^1].Length)
            kept.Add(await link.Responder.ReceiveAsync(Token));
        await sending;
        CollectionAssert.AreEqual(Bytes(sizes, 1), kept.SelectMany(s => s.Span.ToArray()).ToArray());
        foreach (var slice in kept)
            slice.Release();
        await CloseAsync(link);
    }

    /// <summary>The end of what the peer sends is an empty slice, again and again; the other direction still works.</summary>
    [TestMethod]
    public async Task Each_direction_ends_on_its_own()
    {
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null), Responder());
        await SendFramesAsync(link.Initiator, [10], 1);
        await link.Initiator.ShutdownAsync(Token);
        await ExpectAsync(link.Responder, [10], 1);
        for (var i = 0; i < 3; i++)
            Assert.IsTrue((await link.Responder.ReceiveAsync(Token)).IsEmpty);
        await SendFramesAsync(link.Responder, [20], 1);
        await ExpectAsync(link.Initiator, [20], 1);
        await CloseAsync(link);
    }

    /// <summary>While nothing arrives no block is rented.</summary>
    [TestMethod]
    public async Task An_idle_connection_holds_no_buffer()
    {
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null), Responder());
        await SendFramesAsync(link.Initiator, [100], 1);
        await ExpectAsync(link.Responder, [100], 1);
        var waiting = link.Responder.ReceiveAsync(Token).AsTask();
        Assert.IsFalse(waiting.IsCompleted);
        Assert.AreEqual(0, Pool.Rented);
        await SendFramesAsync(link.Initiator, [5], 1);
        (await waiting).Release();
        await CloseAsync(link);
    }

    /// <summary>A receive that is cancelled loses nothing.</summary>
    [TestMethod]
    public async Task A_cancelled_receive_can_be_repeated()
    {
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null), Responder(), maxReceiveBytes: 7);
        using (var cancel = new CancellationTokenSource())
        {
            var waiting = link.Responder.ReceiveAsync(cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        }

        await Task.WhenAll(SendFramesAsync(link.Initiator, [50, 60], 1), ExpectAsync(link.Responder, [50, 60], 1));
        await CloseAsync(link);
    }

    /// <summary>Disposing ends a receive that waits on another thread, with an error that says who closed.</summary>
    [TestMethod]
    public async Task Disposing_ends_a_waiting_receive()
    {
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null), Responder());
        var waiting = link.Responder.ReceiveAsync(Token).AsTask();
        await link.Responder.DisposeAsync();
        var error = await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => waiting);
        Assert.AreEqual(ConnectionCloseReason.Local, error.Reason);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await link.Responder.ReceiveAsync(Token));
        await link.Initiator.DisposeAsync();
        Assert.AreEqual(0, Pool.Rented);
    }

    /// <summary>A handshake that the peer's end interrupts at any byte fails on this end, and both ends let go of everything.</summary>
    [TestMethod]
    public async Task A_handshake_cut_off_at_any_byte_fails()
    {
        var (fromInitiator, fromResponder) = await MeasureAsync();
        foreach (var cut in Positions(fromInitiator))
            await FailsAsync(a => a.SendLimit = cut, _ => { }, $"initiator's bytes end after {cut}");
        foreach (var cut in Positions(fromResponder))
            await FailsAsync(_ => { }, b => b.SendLimit = cut, $"responder's bytes end after {cut}");
    }

    /// <summary>A byte altered on the way is noticed before anything of the layer above is delivered.</summary>
    [TestMethod]
    public async Task An_altered_byte_of_the_handshake_is_noticed()
    {
        var (fromInitiator, fromResponder) = await MeasureAsync();
        foreach (var position in Positions(fromInitiator))
            await FailsAsync(a => a.Tamper = Flip(position), _ => { }, $"initiator's byte {position} altered", CoversEveryByte);
        foreach (var position in Positions(fromResponder))
            await FailsAsync(_ => { }, b => b.Tamper = Flip(position), $"responder's byte {position} altered", CoversEveryByte);
    }

    /// <summary>A frame that is altered kills the connection; nothing of it is delivered.</summary>
    [TestMethod]
    public async Task An_altered_frame_kills_the_connection()
    {
        var (a, b) = InMemoryRawPair.Create();
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null), Responder(), (a, b));
        a.Tamper = Flip(a.BytesSent + 20);
        await SendFramesAsync(link.Initiator, [100], 1);
        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await link.Responder.ReceiveAsync(Token));
            Assert.AreEqual(ConnectionCloseReason.ProtocolViolation, error.Reason);
        }

        Assert.IsTrue(b.IsAborted);
        await link.Initiator.DisposeAsync();
        await link.Responder.DisposeAsync();
        Assert.AreEqual(0, Pool.Rented);
    }

    /// <summary>A transport that ends inside a frame is a failure, not an end.</summary>
    [TestMethod]
    public async Task A_frame_cut_off_is_no_end()
    {
        for (var kept = 1; kept < 30; kept += 7)
        {
            var (a, b) = InMemoryRawPair.Create();
            var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null), Responder(), (a, b));
            a.SendLimit = a.BytesSent + kept;
            await SendFramesAsync(link.Initiator, [100], 1);
            var error = await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await link.Responder.ReceiveAsync(Token));
            Assert.AreEqual(ConnectionCloseReason.TransportFailure, error.Reason);
            await link.Initiator.DisposeAsync();
            await link.Responder.DisposeAsync();
            Assert.AreEqual(0, Pool.Rented);
        }
    }

    /// <summary>A silent peer is waited for as long as the caller's token says, in either role.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_silent_peer_is_waited_for_until_the_token_ends(bool isInitiator)
    {
        var (a, _) = InMemoryRawPair.Create();
        using var deadline = new CancellationTokenSource();
        var handshake = Create(_first).SecureAsync(a, new SecurityContext { IsInitiator = isInitiator }, deadline.Token).AsTask();
        Assert.IsFalse(handshake.IsCompleted);
        await deadline.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => handshake);
        Assert.IsTrue(a.IsAborted);
        Assert.AreEqual(0, Pool.Rented);
    }

    /// <summary>An initiator's handshake begins with one send.</summary>
    [TestMethod]
    public async Task An_initiator_begins_with_one_send()
    {
        var (a, _) = InMemoryRawPair.Create();
        using var deadline = new CancellationTokenSource();
        var handshake = Create(_first).SecureAsync(a, Initiator(null), deadline.Token).AsTask();
        Assert.AreEqual(1, a.Sends);
        await deadline.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => handshake);
    }

    /// <summary>Which bytes of a handshake the exhaustive tests try; all of them, unless that takes too long.</summary>
    protected virtual IEnumerable<int> Positions(long handshakeBytes) => Enumerable.Range(0, (int)handshakeBytes);

    private static SecurityContext Initiator(PeerId? expected) => new() { IsInitiator = true, ExpectedPeer = expected };

    private static SecurityContext Responder() => new() { IsInitiator = false };

    private static Action<long, Span<byte>> Flip(long position) => (start, bytes) =>
    {
        if (position >= start && position < start + bytes.Length)
            bytes[(int)(position - start)] ^= 0x20;
    };

    private static byte[] Bytes(int[] sizes, int salt)
    {
        var bytes = new byte[sizes.Sum()];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)((i * 31) + (i >> 8) + salt);
        return bytes;
    }

    private async Task<Link> ConnectAsync(
        ISecurityProtocol first,
        ISecurityProtocol second,
        SecurityContext initiator,
        SecurityContext responder,
        (InMemoryRawConnection First, InMemoryRawConnection Second)? pair = null,
        int maxReceiveBytes = int.MaxValue)
    {
        var (a, b) = pair ?? InMemoryRawPair.Create();
        a.MaxReceiveBytes = b.MaxReceiveBytes = maxReceiveBytes;
        var dialing = first.SecureAsync(a, initiator, Token).AsTask();
        var accepting = second.SecureAsync(b, responder, Token).AsTask();
        return new Link(await dialing, await accepting);
    }

    private async Task CloseAsync(Link link)
    {
        await link.Initiator.DisposeAsync();
        await link.Responder.DisposeAsync();
        await link.Initiator.DisposeAsync();
        Assert.AreEqual(0, Pool.Rented);
    }

    private async Task SendFramesAsync(SecureConnection connection, int[] sizes, int salt)
    {
        var plaintext = Bytes(sizes, salt);
        var overhead = connection.FramePrefixBytes + connection.FrameSuffixBytes;
        var buffer = new byte[plaintext.Length + (sizes.Length * overhead)];
        var written = 0;
        var read = 0;
        var first = 0;
        for (var i = 0; i < sizes.Length; i++)
        {
            plaintext.AsSpan(read, sizes[i]).CopyTo(buffer.AsSpan(written + connection.FramePrefixBytes));
            read += sizes[i];
            written += connection.Seal(buffer.AsSpan(written, sizes[i] + overhead), sizes[i]);

            // Every third frame goes out together with those before it.
            if (i % 3 == 2 || i == sizes.Length - 1)
            {
                await connection.SendAsync(buffer.AsMemory(first, written - first), Token);
                first = written;
            }
        }
    }

    private async Task ExpectAsync(SecureConnection connection, int[] sizes, int salt)
    {
        var expected = Bytes(sizes, salt);
        var position = 0;
        while (position < expected.Length)
        {
            var slice = await connection.ReceiveAsync(Token);
            Assert.IsFalse(slice.IsEmpty, "The connection ended early.");
            Assert.IsLessThanOrEqualTo(connection.MaxFramePlaintext, slice.Length);
            Assert.IsTrue(expected.AsSpan(position, slice.Length).SequenceEqual(slice.Span), $"Bytes differ near {position}.");
            position += slice.Length;
            slice.Release();
        }
    }

    private async Task<(long FromInitiator, long FromResponder)> MeasureAsync()
    {
        var pair = InMemoryRawPair.Create();
        var link = await ConnectAsync(Create(_first), Create(_second), Initiator(null) with { Muxers = [Yamux] }, Responder() with { Muxers = [Yamux, Other] }, pair);
        var sent = (pair.First.BytesSent, pair.Second.BytesSent);
        await CloseAsync(link);
        return sent;
    }

    /// <summary>Runs a handshake with interference; whichever end comes through must not receive anything.</summary>
    private async Task FailsAsync(Action<InMemoryRawConnection> first, Action<InMemoryRawConnection> second, string what, bool mustFail = true)
    {
        var (a, b) = InMemoryRawPair.Create();
        first(a);
        second(b);
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var dialing = SecureThenReadAsync(Create(_first), a, Initiator(_second.PeerId) with { Muxers = [Yamux] }, stalled.Token);
        var accepting = SecureThenReadAsync(Create(_second), b, Responder() with { Muxers = [Yamux, Other] }, stalled.Token);
        var both = Task.WhenAll(dialing, accepting);
        await CancelWhenStarvedAsync(both, a, b, stalled);
        var received = await both;
        Assert.IsFalse(mustFail && received[0] && received[1], what + ": both ends came up");
        Assert.AreEqual(0, Pool.Rented, what);
    }

    /// <summary>An altered length makes an end wait for bytes that never come: the deadline, which comes when both ends do nothing but wait.</summary>
    private static async Task CancelWhenStarvedAsync(Task both, InMemoryRawConnection a, InMemoryRawConnection b, CancellationTokenSource stalled)
    {
        var rounds = 0;
        while (!both.IsCompleted)
        {
            await Task.WhenAny(both, Task.Delay(TimeSpan.FromMilliseconds(1), stalled.Token));
            rounds = a.IsStarved && b.IsStarved ? rounds + 1 : 0;
            if (rounds == 3)
                await stalled.CancelAsync();
        }
    }

    private Task<bool> AcceptThenReadAsync(InMemoryRawConnection raw) => SecureThenReadAsync(Create(_second), raw, Responder(), Token);

    /// <summary>Secures, sends a frame and waits for one; whether one came.</summary>
    private async Task<bool> SecureThenReadAsync(ISecurityProtocol protocol, InMemoryRawConnection raw, SecurityContext context, CancellationToken token)
    {
        try
        {
            await using var connection = await protocol.SecureAsync(raw, context, token);
            await SendFramesAsync(connection, [10], 1);
            var slice = await connection.ReceiveAsync(token);
            var came = !slice.IsEmpty;
            if (came)
                CollectionAssert.AreEqual(Bytes([10], 1), slice.Span.ToArray());
            slice.Release();
            return came;
        }
        catch (Exception e) when (e is PeerNetException or OperationCanceledException)
        {
            raw.Abort();
            return false;
        }
    }

    private sealed record Link(SecureConnection Initiator, SecureConnection Responder);
}
