using CsCheck;
using PeerNet.Fuzz.Targets;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>Laws of the session under random lists of operations. The operations and the model are those of the fuzz target.</summary>
[TestClass]
public sealed class YamuxSessionPropertyTests
{
    [TestMethod]
    [TestCategory("Property")]
    public void Credit_is_never_lost_and_never_made_and_every_byte_arrives()
        => Gen.Byte.Array[0, 600].Sample(operations => YamuxOperationsTarget.Fuzz(operations), iter: 1000, seed: "0000KOIPe036");

    [TestMethod]
    [TestCategory("Property")]
    public void Few_streams_with_much_traffic_keep_the_same_laws()
    {
        // Opening is one of eleven operations: here it comes once, and the rest is spent on the streams there are.
        var operation = Gen.Select(Gen.Int[1, 10], Gen.Int[0, 1], Gen.OneOf(Gen.Const(0), Gen.Int[0, 255]), (code, side, argument) => new[] { (byte)(2 * code + side), (byte)argument });
        operation.Array[0, 800].Sample(
            operations => YamuxOperationsTarget.Fuzz([0, 0, 1, 0, .. operations.SelectMany(o => o)]), iter: 500, seed: "0000KOIPe036");
    }
}
