using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.UnitTests.Hivemind.Dht;

[TestClass]
public sealed class DhtIdTests
{
    public static IEnumerable<object[]> Keys =>
    [
        [HivemindValue.Bytes([]), "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
        [HivemindValue.Bytes("hivemind"u8), "eb45e332eff1d798d61f7ffd68685186bdadff73"],
        [(HivemindValue)"hivemind", "bff8d8de27529fa6cbd48f77a758cbe5b2cf61ff"],
        [(HivemindValue)"_petals.models", "0a63ed21831f3f7d24f07949cea69a94476b4faf"],
        [(HivemindValue)"Llama-2-70b-hf.0", "413e674ffb3b083a5ce5f2f5ad59db7b5f73aa35"],
        [(HivemindValue)42, "df58248c414f342c81e056b40bee12d17a08bf61"],
        [HivemindValue.Tuple("expert", 3), "e6e8cc2324001959b4112c0955bd506615e6eaea"],
        [(HivemindValue)"my_run_progress", "1f1122b1dd3a847ba1674f39a8cdc83df5a4f7da"],
        [(HivemindValue)"ffn_expert.98.", "b54d760c2315611313471fa9fc98be8fdefd588b"],
        [(HivemindValue)"my_run_grad_averager.0b", "610365da86e1272950698facec847fa7e29e66fc"],
    ];

    [TestMethod, DynamicData(nameof(Keys))]
    public void Keys_hash_as_in_Python(HivemindValue key, string id) => Assert.AreEqual(id, DhtId.OfKey(key).ToString());

    [TestMethod]
    public void Shorter_bytes_are_smaller_numbers_and_longer_ones_none()
    {
        Assert.IsTrue(DhtId.TryDecode([], out var zero));
        Assert.AreEqual(default, zero);
        Assert.IsTrue(DhtId.TryDecode([1, 2], out var small));
        Assert.AreEqual(new DhtId(0, 0x0102), small);
        Assert.IsFalse(DhtId.TryDecode(Enumerable.Repeat((byte)1, 21).ToArray(), out _));
        Assert.ThrowsExactly<ArgumentException>(() => DhtId.OfKey(HivemindValue.Nil));
    }

    [TestMethod]
    public void Numbers_that_Python_finds_equal_are_one_subkey()
    {
        Assert.AreEqual(Subkey.Of(1), Subkey.Of(1.0));
        Assert.AreEqual(Subkey.Of(1), Subkey.Of(true));
        Assert.AreNotEqual(Subkey.Of("a"), Subkey.Of(HivemindValue.Bytes("a"u8)));
        Assert.IsFalse(Subkey.TryDecode(HivemindValue.List(1).ToBytes(), out _));
        Assert.IsFalse(Subkey.TryDecode(HivemindValue.Tuple(HivemindValue.Map()).ToBytes(), out _));
    }

    [TestMethod]
    public void The_next_expiration_is_the_next_double()
    {
        Assert.AreEqual(0x41D954FC40000001UL, BitConverter.DoubleToUInt64Bits(new DhtExpiration(1700000000.0).Next().Seconds));
        Assert.IsFalse(new DhtExpiration(double.NaN).IsTime);
    }
}
