using Google.Protobuf;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.UnitTests.Hivemind.Dht;

[TestClass]
public sealed class DhtCodecTests
{
    [TestMethod]
    public void Captured_messages_of_a_joining_node_are_read_and_written_again()
    {
        foreach (var entry in HivemindVectors.Entries("dht-messages.json").Concat(HivemindVectors.Entries("authorized-messages.json")))
        {
            var method = entry.Text("handler").Split('_')[^1];
            byte[] request = entry.Hex("request"), response = entry.Hex("response");
            Assert.AreEqual(Convert.ToHexStringLower(request), Convert.ToHexStringLower(Again(method, request, true)!), entry.ToString());
            Assert.AreEqual(Convert.ToHexStringLower(response), Convert.ToHexStringLower(Again(method, response, false)!), entry.ToString());
        }
    }

    [TestMethod]
    [DataRow("find", false, "124808011201011900008042fc54d941221411111111111111111111111111111111111111112a221220287ac97dfcabad07cfca7fe121f694f2f94b24150885ee2d0f84a0937487419a1a160a142222222222222222222222222222222222222222")]
    [DataRow("store", true, "1214890c7ff59e0ac51d94b4792f16e909651a34ab121214890c7ff59e0ac51d94b4792f16e909651a34ab121a01c01a04a37375622201012206c703409201022a1000008042fc54d94100000045fc54d941320200013a160a141111111111111111111111111111111111111111")]
    [DataRow("store", true, "1214890c7ff59e0ac51d94b4792f16e909651a34ab121a002226c7235093cb7ff0000000000000cb41d954fc402000009193a173c40107cb41d954fc402000002a0800002040fc54d941320101")]
    [DataRow("store", false, "120201001a160a142222222222222222222222222222222222222222")]
    [DataRow("ping", false, "12160a1422222222222222222222222222222222222222222100002040fc54d9412801")]
    public void Computed_messages_are_read_and_written_again(string method, bool isRequest, string hex)
        => Assert.AreEqual(hex, Convert.ToHexStringLower(Again(method, Convert.FromHexString(hex), isRequest)!));

    [TestMethod]
    public void A_request_of_a_million_empty_keys_is_refused()
    {
        var bomb = new byte[2_000_000];
        for (var i = 0; i < bomb.Length; i += 2)
            bomb[i] = 0x12;
        Assert.IsFalse(DhtCodec.TryDecodeFindRequest(bomb, out _));
        Assert.IsFalse(DhtCodec.TryDecodeStoreRequest(bomb, out _));
        Assert.IsFalse(DhtCodec.TryDecodeFindResponse(bomb, out _));
    }

    [TestMethod]
    public void Dictionaries_have_the_bytes_of_Python()
    {
        const double E = 1700000000;
        var one = new DictionaryEntry([new DictionaryItem("s", new byte[] { 7 }, new DhtExpiration(E + 0.5))], new DhtExpiration(E + 0.5));
        var bytes = DictionaryCodec.Encode(one, new DhtExpiration(E));
        Assert.AreEqual("c7235093cb7ff0000000000000cb41d954fc402000009193a173c40107cb41d954fc40200000", Convert.ToHexStringLower(bytes));
        Assert.IsTrue(DictionaryCodec.TryDecode(bytes, out var read));
        Assert.AreEqual(one.Expiration, read.Expiration);
        Assert.AreEqual("c7145093cb7ff0000000000000cbfff000000000000090", Convert.ToHexStringLower(DictionaryCodec.Encode(new DictionaryEntry([], DhtExpiration.Always), default)));

        var bounded = Convert.FromHexString("c72d509303cb41d954fc408000009293c4026b31c403a27631cb41d954fc404000009305c401c0cb41d954fc40800000");
        Assert.IsTrue(DictionaryCodec.TryDecode(bounded, out read));
        Assert.AreEqual((HivemindValue)5, read.Items[1].Subkey.Value);
        for (var length = 0; length < bounded.Length; length++)
            Assert.IsFalse(DictionaryCodec.TryDecode(bounded.AsSpan(0, length), out _));
    }

    private static byte[]? Again(string method, byte[] bytes, bool isRequest) => (method, isRequest) switch
    {
        ("ping", true) => DhtCodec.TryDecodePingRequest(bytes, out var message) ? message.ToByteArray() : null,
        ("ping", false) => DhtCodec.TryDecodePingResponse(bytes, out var message) ? message.ToByteArray() : null,
        ("store", true) => DhtCodec.TryDecodeStoreRequest(bytes, out var message) ? message.ToByteArray() : null,
        ("store", false) => DhtCodec.TryDecodeStoreResponse(bytes, out var message) ? message.ToByteArray() : null,
        ("find", true) => DhtCodec.TryDecodeFindRequest(bytes, out var message) ? message.ToByteArray() : null,
        _ => DhtCodec.TryDecodeFindResponse(bytes, out var message) ? message.ToByteArray() : null,
    };
}
