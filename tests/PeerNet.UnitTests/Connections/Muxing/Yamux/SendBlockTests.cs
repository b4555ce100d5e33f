using System.Buffers.Binary;
using CsCheck;
using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

[TestClass]
public sealed class SendBlockTests
{
    [TestMethod]
    [TestCategory("Property")]
    public void Whatever_the_frame_sizes_the_plaintext_is_what_was_appended()
    {
        var framings = Gen.Select(Gen.Int[4, 40], Gen.Int[0, 40], Gen.OneOf(Gen.Int[50, 200], Gen.Int[1000, 70_000], Gen.Const(65_519)), (p, s, m) => new PlainFraming(p, s, m));
        Gen.Select(framings, Gen.OneOf(Gen.Int[1, 300], Gen.Int[1, 16 * 1024], Gen.Const(16 * 1024)).Array[1, 60]).Sample((framing, bodies) =>
        {
            var pool = new BufferPool();
            var (dialer, _) = MemoryConnections.CreateSecurePair(framing);
            var block = new SendBlock(dialer, pool);
            var expected = new List<byte>();
            var random = new Random(bodies.Length);
            foreach (var wanted in bodies)
            {
                var length = block.RoomForBody(wanted);
                if (length == 0)
                    break;
                var body = new byte[length];
                random.NextBytes(body);
                var header = new YamuxHeader(YamuxFrameType.Data, YamuxFlags.None, 1, (uint)length);
                block.AppendData(header, body);
                var encoded = new byte[YamuxProtocol.HeaderBytes];
                header.Encode(encoded);
                expected.AddRange([.. encoded, .. body]);
            }

            // Control frames find room even in a block that is full of data.
            var session = SessionWithPongs(20);
            block.AppendControl(session, default);
            Assert.IsFalse(session.HasControlDue);
            var plaintext = Open(block.Seal().Span, framing);
            CollectionAssert.AreEqual(expected, plaintext.Take(expected.Count).ToArray());
            Assert.HasCount(expected.Count + 20 * YamuxProtocol.HeaderBytes, plaintext);
            block.Clear();
            Assert.IsTrue(block.IsEmpty);
            Assert.AreEqual(0, pool.Rented);
        }, iter: 1000, seed: "0000KOIPe036");
    }

    [TestMethod]
    public void Bulk_fills_whole_frames_of_two_bodies_and_a_chat_fits_a_small_block()
    {
        var pool = new BufferPool();
        var (dialer, _) = MemoryConnections.CreateSecurePair();
        var block = new SendBlock(dialer, pool);
        var bodies = 0;
        while (block.RoomForBody(16 * 1024) == 16 * 1024)
        {
            block.AppendData(new YamuxHeader(YamuxFrameType.Data, YamuxFlags.None, 1, 16 * 1024), new byte[16 * 1024]);
            bodies++;
        }

        Assert.AreEqual(8, bodies);
        Assert.AreEqual(4, block.Frames);
        block.Clear();
        block.AppendData(new YamuxHeader(YamuxFrameType.Data, YamuxFlags.None, 1, 64), new byte[64]);
        Assert.AreEqual(4 + 12 + 64 + 16, block.Seal().Length);
        block.Clear();
        Assert.AreEqual(2, pool.Created);
    }

    [TestMethod]
    public void A_frame_whose_seal_is_shorter_than_its_place_leaves_no_gap()
    {
        var (dialer, _) = MemoryConnections.CreateSecurePair(new PlainFraming(4, 8, 100));
        var block = new SendBlock(new Shrinking(dialer), new BufferPool());
        block.AppendData(new YamuxHeader(YamuxFrameType.Data, YamuxFlags.None, 1, 250), Enumerable.Repeat((byte)9, 250).ToArray());
        var plaintext = Open(block.Seal().Span, new PlainFraming(4, 3, 100));
        Assert.HasCount(262, plaintext);
        Assert.IsTrue(plaintext.Skip(12).All(b => b == 9));
    }

    private static YamuxSession SessionWithPongs(int count)
    {
        var session = new YamuxSession(true, new YamuxOptions(), UnlimitedResources.Connection, new Instant(0));
        var frame = new byte[YamuxProtocol.HeaderBytes];
        session.TakeControlFrames(frame, default);
        for (var i = 0; i < count; i++)
        {
            new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Syn, 0, (uint)i).Encode(frame);
            session.Receive(frame, default, out _, out _);
        }

        return session;
    }

    private static List<byte> Open(ReadOnlySpan<byte> frames, PlainFraming framing)
    {
        var plaintext = new List<byte>();
        while (!frames.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(frames);
            Assert.IsTrue(length > 0 && length <= framing.MaxPlaintext);
            plaintext.AddRange(frames.Slice(framing.PrefixBytes, length));
            frames = frames[(framing.PrefixBytes + length + framing.SuffixBytes)..];
        }

        return plaintext;
    }

    /// <summary>Seals with a shorter suffix than it announces.</summary>
    private sealed class Shrinking(PlainSecureConnection inner) : SecureConnection
    {
        public override RawConnection Raw => inner.Raw;

        public override ProtocolId Security => inner.Security;

        public override PublicKey RemoteKey => inner.RemoteKey;

        public override ProtocolId? EarlyMuxer => null;

        public override int FramePrefixBytes => inner.FramePrefixBytes;

        public override int FrameSuffixBytes => inner.FrameSuffixBytes;

        public override int MaxFramePlaintext => inner.MaxFramePlaintext;

        public override int Seal(Span<byte> frame, int plaintextBytes) => inner.Seal(frame, plaintextBytes) - 5;

        public override ValueTask SendAsync(ReadOnlyMemory<byte> sealedFrames, CancellationToken token = default) => inner.SendAsync(sealedFrames, token);

        public override ValueTask<BufferSlice> ReceiveAsync(CancellationToken token = default) => inner.ReceiveAsync(token);

        public override ValueTask ShutdownAsync(CancellationToken token = default) => inner.ShutdownAsync(token);

        public override void Abort() => inner.Abort();
    }
}
