using System.Buffers.Binary;
using PeerNet.Connections.Security.Noise;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Multiformats;

namespace PeerNet.Fuzz.Targets;

/// <summary>Length-prefixed Noise frames: the first byte says how the rest arrives in pieces. Compared with a reader that sees all at once.</summary>
public sealed class NoiseFramesTarget : IFuzzTarget
{
    public static string Name => "noise-frames";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        var bytes = data[1..].ToArray();
        var pool = new BufferPool(4, 2);
        var reader = new NoiseFrameReader(new Pieces(bytes, data[0]), pool);
        var position = 0;
        do
        {
            while (reader.TryTake(out var frame))
            {
                var length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(position));
                Oracle.RequireEqual(bytes.AsSpan(position + 2, length), frame.Span, "frames are cut where their lengths say");
                position += 2 + length;
                frame.Release();
            }

            var announced = reader.PeekLength();
            Oracle.Require(announced is null || reader.BufferedBytes < 2 + announced, "a whole frame is handed out");
        }

        // The connection never waits: the call has ended when it returns.
        while (reader.FillAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult());

        Oracle.Require(position + reader.BufferedBytes == bytes.Length, "nothing is lost");
        reader.Dispose();
        Oracle.Require(pool.Rented == 0, "every block is given back");
    }

    private sealed class Pieces(byte[] bytes, int seed) : RawConnection
    {
        private readonly Random _random = new(seed);
        private int _position;

        public override Multiaddress LocalAddress => throw new NotSupportedException();

        public override Multiaddress RemoteAddress => throw new NotSupportedException();

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default)
        {
            var count = Math.Min(Math.Min(buffer.Length, bytes.Length - _position), _random.Next(1, 1 << _random.Next(1, 14)));
            bytes.AsSpan(_position, count).CopyTo(buffer.Span);
            _position += count;
            return new ValueTask<int>(count);
        }

        public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default) => throw new NotSupportedException();

        public override ValueTask ShutdownAsync(CancellationToken token = default) => throw new NotSupportedException();

        public override void Abort()
        {
        }
    }
}
