using PeerNet.Connections.Muxing.Yamux;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

[TestClass]
public sealed class YamuxHeaderTests
{
    [TestMethod]
    public void Every_type_and_set_of_flags_is_spelled_as_go_spells_it()
    {
        var count = 0;
        foreach (var row in YamuxVectors.Headers)
        {
            var type = Enum.Parse<YamuxFrameType>(row.GetProperty("type").GetString()!, ignoreCase: true);
            var expected = new YamuxHeader(type, YamuxVectors.Flags(row), row.GetProperty("id").GetUInt32(), row.GetProperty("length").GetUInt32());
            var bytes = new byte[YamuxProtocol.HeaderBytes];
            expected.Encode(bytes);
            Assert.AreEqual(row.GetProperty("header").GetString(), Convert.ToHexStringLower(bytes));
            Assert.AreEqual(expected, YamuxVectors.Header(row));
            count++;
        }

        Assert.AreEqual(64, count);
    }

    [TestMethod]
    [DataRow("010000000000000100000000")]
    [DataRow("ff0000000000000100000000")]
    [DataRow("000400000000000100000000")]
    [DataRow("00ff00000000000100000000")]
    public void Refuses_other_versions_and_types(string hex) => Assert.IsFalse(YamuxHeader.TryDecode(Convert.FromHexString(hex), out _));

    [TestMethod]
    public void Unknown_flags_are_kept_and_mean_nothing()
    {
        Assert.IsTrue(YamuxHeader.TryDecode(Convert.FromHexString("0001fff10000000100000000"), out var header));
        Assert.IsTrue(header.Has(YamuxFlags.Syn));
        Assert.IsFalse(header.Has(YamuxFlags.Ack));
    }
}
