using CsCheck;
using PeerNet.Connections.Transports.WebSocket;

namespace PeerNet.UnitTests.Connections.Transports.WebSocket;

[TestClass]
public sealed class MaskGuardTests
{
    [TestMethod]
    [TestCategory("Property")]
    public void Masked_frames_pass_and_the_first_unmasked_one_does_not_however_they_are_cut()
        => Check(Gen.Int[0, 130], Gen.Int[1, 20], 1000);

    [TestMethod]
    [TestCategory("Property")]
    public void Long_frames_are_followed_too() => Check(Gen.OneOf(Gen.Int[65_530, 65_540], Gen.Const(70_000)), Gen.Int[1000, 9000], 100);

    [TestMethod]
    public void A_length_of_2_to_the_63_does_not_wrap()
    {
        var guard = new MaskGuard();
        Assert.IsTrue(guard.Follow([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
        Assert.IsTrue(guard.Follow(new byte[1000]));
    }

    private static void Check(Gen<int> body, Gen<int> piece, int iterations)
        => Gen.Select(body.Array[1, 5], piece, Gen.Bool).Sample((bodies, cut, unmaskLast) =>
        {
            var stream = new List<byte>();
            for (var i = 0; i < bodies.Length; i++)
                stream.AddRange(Frame(bodies[i], masked: !unmaskLast || i < bodies.Length - 1));
            var guard = new MaskGuard();
            return stream.Chunk(cut).All(part => guard.Follow(part)) == !unmaskLast;
        }, iter: iterations);

    private static IEnumerable<byte> Frame(int body, bool masked)
    {
        var bit = masked ? 0x80 : 0;
        byte[] header = body switch
        {
            < 126 => [0x82, (byte)(bit | body)],
            <= ushort.MaxValue => [0x82, (byte)(bit | 126), (byte)(body >> 8), (byte)body],
            _ => [0x82, (byte)(bit | 127), 0, 0, 0, 0, (byte)(body >> 24), (byte)(body >> 16), (byte)(body >> 8), (byte)body],
        };
        return header.Concat(new byte[masked ? 4 : 0]).Concat(new byte[body]);
    }
}
