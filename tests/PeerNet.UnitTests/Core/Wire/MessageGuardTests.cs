using PeerNet.Core.Wire;

namespace PeerNet.UnitTests.Core.Wire;

[TestClass]
public sealed class MessageGuardTests
{
    private static readonly MessageShape Inner = new(
        100,
        FieldShape.Bytes(1, maxBytes: 8, maxCount: 4));

    private static readonly MessageShape Outer = new(
        100,
        FieldShape.Scalar(1),
        FieldShape.Message(2, Inner, maxCount: 3),
        FieldShape.PackedVarints(3, maxCount: 5),
        FieldShape.Bytes(4, maxBytes: 2));

    [TestMethod]
    [DataRow("")]
    [DataRow("0801")]
    [DataRow("12030a0101")]
    [DataRow("1a050102030405")]
    [DataRow("1801180218031804")]
    [DataRow("2d00000000", DisplayName = "fixed32, unknown field 5")]
    [DataRow("310000000000000000", DisplayName = "fixed64, unknown field 6")]
    [DataRow("08ffffffffffffffffff01", DisplayName = "a number of ten bytes")]
    [DataRow("12020a00", DisplayName = "an empty entry inside")]
    [DataRow("1001", DisplayName = "a described message field with another wire type")]
    [DataRow("fa3f00", DisplayName = "field 1023, unknown")]
    [DataRow("faffffff0f00", DisplayName = "the greatest field number")]
    public void Takes_what_the_shape_allows(string hex) => Assert.IsTrue(Check(hex).IsNone, Check(hex).ToString());

    [TestMethod]
    [DataRow("08", MessageFaultKind.Truncated)]
    [DataRow("0880", MessageFaultKind.Truncated)]
    [DataRow("88", MessageFaultKind.Truncated)]
    [DataRow("12", MessageFaultKind.Truncated)]
    [DataRow("1203", MessageFaultKind.Truncated)]
    [DataRow("12030a02ff", MessageFaultKind.Truncated, DisplayName = "a length that leaves the message around it")]
    [DataRow("12ffffffffffffffffff01", MessageFaultKind.Truncated, DisplayName = "a length of 2^64 - 1")]
    [DataRow("12ffffffff0f", MessageFaultKind.Truncated, DisplayName = "a length of 2^32 - 1")]
    [DataRow("2d000000", MessageFaultKind.Truncated)]
    [DataRow("3100000000000000", MessageFaultKind.Truncated)]
    [DataRow("08ffffffffffffffffffff01", MessageFaultKind.Malformed, DisplayName = "a number of eleven bytes")]
    [DataRow("00", MessageFaultKind.Malformed, DisplayName = "field number 0")]
    [DataRow("0e", MessageFaultKind.Malformed, DisplayName = "wire type 6")]
    [DataRow("0f", MessageFaultKind.Malformed, DisplayName = "wire type 7")]
    [DataRow("8a8080801000", MessageFaultKind.Malformed, DisplayName = "a tag of more than 32 bits")]
    [DataRow("0b0c", MessageFaultKind.Group)]
    [DataRow("5b5c", MessageFaultKind.Group, DisplayName = "an unknown group")]
    [DataRow("0c", MessageFaultKind.Group)]
    [DataRow("1200120012001200", MessageFaultKind.TooMany)]
    [DataRow("120c0a000a000a000a000a000a00", MessageFaultKind.TooMany, DisplayName = "too many inside")]
    [DataRow("1a06010203040506", MessageFaultKind.TooMany, DisplayName = "too many packed numbers")]
    [DataRow("1a0301020318041805180618071808", MessageFaultKind.TooMany, DisplayName = "packed and unpacked numbers together")]
    [DataRow("1a0180", MessageFaultKind.Truncated, DisplayName = "a packed number that does not end")]
    [DataRow("2203010203", MessageFaultKind.TooLong)]
    [DataRow("120b0a09000000000000000000", MessageFaultKind.TooLong, DisplayName = "too long inside")]
    public void Refuses_what_the_shape_forbids(string hex, MessageFaultKind kind) => Assert.AreEqual(kind, Check(hex).Kind);

    [TestMethod]
    public void Counts_unknown_and_nested_fields_to_the_whole()
    {
        var shape = new MessageShape(10, FieldShape.Message(1, Inner, maxCount: 100));
        var unknown = Enumerable.Repeat(new byte[] { 0x78, 0 }, 11).SelectMany(x => x).ToArray();
        Assert.AreEqual(MessageFaultKind.TooManyEntries, MessageGuard.Check(unknown, shape).Kind);
        var nested = Enumerable.Repeat(new byte[] { 0x0a, 2, 0x0a, 0 }, 6).SelectMany(x => x).ToArray();
        Assert.AreEqual(MessageFaultKind.TooManyEntries, MessageGuard.Check(nested, shape).Kind);
        Assert.IsTrue(MessageGuard.Check(nested.AsSpan(0, 20), shape).IsNone);
    }

    [TestMethod]
    public void Refuses_millions_of_empty_entries_without_an_allocation()
    {
        var hostile = new byte[4 << 20];
        for (var i = 0; i < hostile.Length; i += 2)
            hostile[i] = 0x12;
        _ = MessageGuard.Check(hostile, Outer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fault = MessageGuard.Check(hostile, Outer);
        Assert.AreEqual(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.AreEqual(MessageFaultKind.TooMany, fault.Kind);
    }

    [TestMethod]
    public void Does_not_follow_nesting_that_is_not_described()
    {
        byte[] deep = [];
        for (var i = 0; i < 100; i++)
            deep = [0x7a, (byte)deep.Length, .. deep.AsSpan(0, Math.Min(deep.Length, 100))];
        Assert.AreNotEqual(MessageFaultKind.Group, MessageGuard.Check(deep, Outer).Kind);
    }

    [TestMethod]
    public void A_shape_refuses_to_describe_a_field_twice()
        => Assert.ThrowsExactly<ArgumentException>(() => new MessageShape(1, FieldShape.Scalar(1), FieldShape.Scalar(1)));

    [TestMethod]
    public void A_shape_knows_its_depth()
    {
        Assert.AreEqual(1, Inner.Levels);
        Assert.AreEqual(2, Outer.Levels);
        var shape = Inner;
        for (var i = 1; i < 16; i++)
            shape = new MessageShape(1, FieldShape.Message(1, shape));
        Assert.AreEqual(16, shape.Levels);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new MessageShape(1, FieldShape.Message(1, shape)));
    }

    private static MessageFault Check(string hex) => MessageGuard.Check(Convert.FromHexString(hex), Outer);
}
