using System.Buffers.Binary;
using PeerNet.Connections.Security.Noise;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Security.Noise;

[TestClass]
public sealed class NoiseConnectionTests
{
    private readonly BufferPool _pool = new();
    private readonly PrivateKey _identity = PrivateKey.Generate();

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task A_frame_without_room_for_its_tag_is_fatal()
    {
        for (var length = 0; length < 16; length++)
        {
            var (a, b) = Pair();
            var prefix = new byte[2 + length];
            BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)length);
            await a.Raw.SendAsync(prefix, Token);
            for (var i = 0; i < 2; i++)
            {
                var error = await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await b.ReceiveAsync(Token));
                Assert.AreEqual(ConnectionCloseReason.ProtocolViolation, error.Reason);
            }

            Assert.IsTrue(((InMemoryRawConnection)b.Raw).IsAborted);
            await CloseAsync(a, b);
        }
    }

    [TestMethod]
    public async Task Frames_before_the_bad_one_are_still_delivered()
    {
        var (a, b) = Pair();
        await SendAsync(a, 10);
        await a.Raw.SendAsync(new byte[] { 0, 3, 1, 2, 3 }, Token);
        var slice = await b.ReceiveAsync(Token);
        Assert.AreEqual(10, slice.Length);
        slice.Release();
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await b.ReceiveAsync(Token));
        await CloseAsync(a, b);
    }

    [TestMethod]
    public async Task Empty_frames_bring_nothing_however_many_come()
    {
        var (a, b) = Pair();
        var receiving = b.ReceiveAsync(Token).AsTask();
        for (var i = 0; i < 500; i++)
            await SendAsync(a, 0);
        Assert.IsFalse(receiving.IsCompleted);
        await SendAsync(a, 1);
        (await receiving).Release();
        Assert.AreEqual(501, b.FramesOpened);
        await CloseAsync(a, b);
    }

    [TestMethod]
    public async Task An_announced_length_takes_no_more_memory_than_has_arrived()
    {
        var (a, b) = Pair();
        var receiving = b.ReceiveAsync(Token).AsTask();
        await a.Raw.SendAsync(new byte[] { 0xff, 0xff }, Token);
        for (var sent = 2; sent < BufferPool.SmallBytes; sent += 2)
            await a.Raw.SendAsync(new byte[2], Token);
        while (((InMemoryRawConnection)b.Raw).BytesReceived < BufferPool.SmallBytes)
            await Task.Yield();
        Assert.IsLessThanOrEqualTo(2, _pool.Created, "One small block; a large one only once that is full.");
        await b.DisposeAsync();
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => receiving);
        await CloseAsync(a, b);
    }

    [TestMethod]
    public async Task Bulk_is_received_in_large_blocks_and_an_echo_after_it_in_small_ones()
    {
        var (a, b) = Pair();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
                await SendAsync(a, a.MaxFramePlaintext);
        });
        var largest = 0;
        for (var left = 20L * a.MaxFramePlaintext; left > 0;)
        {
            var slice = await b.ReceiveAsync(Token);
            left -= slice.Length;
            largest = Math.Max(largest, slice.BlockCapacity);
            slice.Release();
        }

        await sending;
        Assert.AreEqual(BufferPool.LargeBytes, largest);
        var last = 0;
        for (var i = 0; i < 40; i++)
        {
            await SendAsync(a, 64);
            var slice = await b.ReceiveAsync(Token);
            last = slice.BlockCapacity;
            slice.Release();
        }

        Assert.AreEqual(BufferPool.SmallBytes, last);
        await CloseAsync(a, b);
    }

    [TestMethod]
    public async Task Frames_that_arrived_together_come_without_waiting()
    {
        var (a, b) = Pair();
        var slot = a.FramePrefixBytes + 100 + a.FrameSuffixBytes;
        var frames = new byte[20 * slot];
        for (var i = 0; i < 20; i++)
            a.Seal(frames.AsSpan(i * slot), 100);
        await a.SendAsync(frames, Token);
        for (var i = 0; i < 20; i++)
        {
            var receiving = b.ReceiveAsync(Token);
            Assert.IsTrue(receiving.IsCompletedSuccessfully || i == 0);
            (await receiving).Release();
        }

        Assert.AreEqual(1, b.Receives);
        Assert.AreEqual(20, a.FramesSealed);
        Assert.AreEqual(1, a.Sends);
        Assert.AreEqual(frames.Length, a.BytesSent);
        Assert.AreEqual(frames.Length, b.BytesReceived);
        await CloseAsync(a, b);
    }

    [TestMethod]
    public void A_sealed_frame_allocates_nothing()
    {
        var (a, _) = Pair();
        var frame = new byte[a.FramePrefixBytes + a.MaxFramePlaintext + a.FrameSuffixBytes];
        foreach (var size in (int[])[64, 5000, a.MaxFramePlaintext])
        {
            a.Seal(frame, size);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                a.Seal(frame, size);
            Assert.AreEqual(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [TestMethod]
    public async Task Refuses_what_fits_into_no_frame_and_seals_nothing_after_its_end()
    {
        var (a, b) = Pair();
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => a.Seal(new byte[70_000], a.MaxFramePlaintext + 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => a.Seal(new byte[100], 100));
        await a.DisposeAsync();
        Assert.ThrowsExactly<ConnectionClosedException>(() => a.Seal(new byte[100], 10));
        Assert.ThrowsExactly<ConnectionClosedException>(() => a.Seal(new byte[5000], 4000));
        await CloseAsync(a, b);
    }

    [TestMethod]
    public async Task One_receive_runs_at_a_time()
    {
        var (a, b) = Pair();
        var first = b.ReceiveAsync(Token).AsTask();
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(async () => await b.ReceiveAsync(Token));
        await SendAsync(a, 5);
        (await first).Release();
        await CloseAsync(a, b);
    }

    [TestMethod]
    public async Task A_key_whose_counter_is_used_up_ends_the_connection()
    {
        var (rawA, _) = InMemoryRawPair.Create();
        var sending = NoiseCipher.Create(new byte[32]);
        sending.SkipTo(ulong.MaxValue);
        await using var connection = new NoiseConnection(rawA, new NoiseFrameReader(rawA, _pool), sending, NoiseCipher.Create(new byte[32]), _identity.PublicKey, null);
        Assert.ThrowsExactly<ConnectionClosedException>(() => connection.Seal(new byte[100], 10));
        Assert.IsTrue(rawA.IsAborted);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_static_key_serves_one_connection_or_all(bool perConnection)
    {
        var ours = new NoiseProtocol(_identity, new NoiseOptions { StaticKeyPerConnection = perConnection }, _pool);
        var seen = new HashSet<string>();
        for (var i = 0; i < 3; i++)
        {
            var (us, peer) = InMemoryRawPair.Create();
            var accepting = ours.SecureAsync(us, new SecurityContext { IsInitiator = false }, Token).AsTask();
            using var handshake = new NoiseHandshake(isInitiator: true, new NoiseStaticKey(_identity), _pool);
            var message = new byte[1024];
            var length = handshake.CreateMessage1(message.AsSpan(2));
            BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)length);
            await peer.SendAsync(message.AsMemory(0, 2 + length), Token);
            length = await peer.ReceiveAsync(message, Token);
            Assert.IsTrue(handshake.TryConsumeMessage2(message.AsSpan(2, length - 2), out _));
            seen.Add(Convert.ToHexString(handshake.RemoteStatic));
            peer.Abort();
            await Assert.ThrowsExactlyAsync<HandshakeException>(() => accepting);
        }

        Assert.HasCount(perConnection ? 3 : 1, seen);
    }

    private (NoiseConnection A, NoiseConnection B) Pair()
    {
        var (rawA, rawB) = InMemoryRawPair.Create();
        byte[] forth = [.. Enumerable.Repeat((byte)1, 32)];
        byte[] back = [.. Enumerable.Repeat((byte)2, 32)];
        return (
            new NoiseConnection(rawA, new NoiseFrameReader(rawA, _pool), NoiseCipher.Create(forth), NoiseCipher.Create(back), _identity.PublicKey, null),
            new NoiseConnection(rawB, new NoiseFrameReader(rawB, _pool), NoiseCipher.Create(back), NoiseCipher.Create(forth), _identity.PublicKey, null));
    }

    private async Task SendAsync(NoiseConnection connection, int plaintext)
    {
        var frame = new byte[connection.FramePrefixBytes + plaintext + connection.FrameSuffixBytes];
        await connection.SendAsync(frame.AsMemory(0, connection.Seal(frame, plaintext)), Token);
    }

    private async Task CloseAsync(NoiseConnection a, NoiseConnection b)
    {
        await a.DisposeAsync();
        await b.DisposeAsync();
        Assert.AreEqual(0, _pool.Rented);
    }
}
