using System.Text.Json;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Rpc;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Hivemind.Rpc;

[TestClass]
public sealed class FrameTests
{
    private static readonly RpcCallId Id = Decode("000102030405060708090a0b0c0d0e0f");
    private static readonly byte[] Peer = Convert.FromHexString("1220287ac97dfcabad07cfca7fe121f694f2f94b24150885ee2d0f84a0937487419a");

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Captured_unary_frames_are_read_and_written_again_byte_for_byte()
    {
        foreach (var entry in HivemindVectors.Entries("unary-frames.json"))
        {
            var bytes = entry.Hex("hex");
            using var reader = new FrameReader(new MemoryStream(bytes));
            var frame = await reader.ReadAsync(RpcProtocol.MaxEnvelopeBytes, TestContext.CancellationToken);
            Assert.IsTrue(frame.IsMessage);
            var envelope = frame.Message.ToArray();
            if (entry.Text("member") == "callUnary")
            {
                Assert.IsTrue(UnaryCodec.TryDecodeRequest(envelope, out var request), entry.ToString());
                Assert.AreEqual(entry.Text("callId"), Convert.ToHexStringLower(request.CallId.ToBytes()));
                Assert.AreEqual(entry.Text("proto"), request.Method);
                CollectionAssert.AreEqual(envelope, UnaryCodec.EncodeRequest(request.CallId, entry.Hex("peer"), request.Method, request.Data));
            }
            else
            {
                Assert.IsTrue(UnaryCodec.TryDecodeResult(envelope, out var result), entry.ToString());
                var isError = entry.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String;
                Assert.AreEqual(isError ? error.GetString() : null, result.Error);
                CollectionAssert.AreEqual(envelope, isError ? UnaryCodec.EncodeError(result.CallId, result.Error!) : UnaryCodec.EncodeResponse(result.CallId, result.Response));
            }
        }
    }

    [TestMethod]
    public void Computed_unary_frames_are_written_byte_for_byte()
    {
        var ping = Convert.FromHexString("12160a1411111111111111111111111111111111111111111801");
        Assert.AreEqual(
            "0a10000102030405060708090a0b0c0d0e0f1a560a221220287ac97dfcabad07cfca7fe121f694f2f94b24150885ee2d0f84a0937487419a121444485450726f746f636f6c2e7270635f70696e671a1a12160a1411111111111111111111111111111111111111111801",
            Convert.ToHexStringLower(UnaryCodec.EncodeRequest(Id, Peer, "DHTProtocol.rpc_ping", ping)));
        Assert.AreEqual("0a10000102030405060708090a0b0c0d0e0f2214121256616c75654572726f722827626f6f6d2729", Convert.ToHexStringLower(UnaryCodec.EncodeError(Id, "ValueError('boom')")));
        Assert.AreEqual("0a10000102030405060708090a0b0c0d0e0f22020a00", Convert.ToHexStringLower(UnaryCodec.EncodeResponse(Id, default)));
        Assert.IsTrue(Convert.ToHexStringLower(UnaryCodec.EncodeRequest(Id, Peer, "p", default)).EndsWith("1a00", StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow("0a10000102030405060708090a0b0c0d0e0f", "no call")]
    [DataRow("0a0f000102030405060708090a0b0c0d0e1a080a0012011a1a00", "an id of 15 bytes")]
    [DataRow("0a10000102030405060708090a0b0c0d0e0f1a050a00120170", "no data")]
    [DataRow("0a10000102030405060708090a0b0c0d0e0f1a051201701a00", "no peer")]
    [DataRow("0a10000102030405060708090a0b0c0d0e0f1a040a001a00", "no name")]
    public void A_request_without_a_required_field_is_none(string hex, string what)
        => Assert.IsFalse(UnaryCodec.TryDecodeRequest(Convert.FromHexString(hex), out _), what);

    [TestMethod]
    public void An_answer_with_neither_result_nor_error_is_none()
        => Assert.IsFalse(UnaryCodec.TryDecodeResult(Convert.FromHexString("0a10000102030405060708090a0b0c0d0e0f2200"), out _));

    [TestMethod]
    public async Task Captured_stream_calls_are_read_cut_anywhere()
    {
        foreach (var entry in HivemindVectors.Entries("stream-frames.json"))
        {
            foreach (var member in new[] { "clientToServer", "serverToClient" })
            {
                if (entry.GetProperty(member).GetString() is not { } hex)
                    continue;
                var bytes = Convert.FromHexString(hex);
                var whole = await ReadAllAsync(new MemoryStream(bytes));
                CollectionAssert.AreEqual(whole, await ReadAllAsync(new ChunkedStream(bytes, _ => 1)), entry.Text("name"));
                for (var length = 0; length < bytes.Length; length++)
                {
                    var cut = await ReadAllAsync(new MemoryStream(bytes, 0, length));
                    CollectionAssert.AreEqual(whole.Take(cut.Count - 1).ToArray(), cut.SkipLast(1).ToArray());
                }
            }
        }
    }

    [TestMethod]
    public async Task Stream_frames_are_written_byte_for_byte()
    {
        Assert.AreEqual("010000000000000000", Convert.ToHexStringLower(StreamFrameCodec.EndOfRequests.Span));
        Assert.AreEqual("0100000000000000060a04626f6f6d", Convert.ToHexStringLower(StreamFrameCodec.EncodeError("boom")));
        Assert.AreEqual("00000000000000000102", Convert.ToHexStringLower(StreamFrameCodec.EncodeMessage([2])));
        Assert.AreEqual("boom", StreamFrameCodec.DecodeError(Convert.FromHexString("0a04626f6f6d")));
        Assert.AreEqual("", StreamFrameCodec.DecodeError([0x0A, 0xFF]));
        CollectionAssert.AreEqual(new[] { "BadMarker " }, await ReadAllAsync(new MemoryStream([2, 0, 0, 0, 0, 0, 0, 0, 0])));
        CollectionAssert.AreEqual(new[] { "TooLarge " }, await ReadAllAsync(new MemoryStream([0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])));
    }

    private async Task<List<string>> ReadAllAsync(Stream stream)
    {
        var reader = new StreamFrameReader(stream, 1 << 20);
        var frames = new List<string>();
        while (true)
        {
            var frame = await reader.ReadAsync(TestContext.CancellationToken);
            frames.Add($"{frame.Kind} {Convert.ToHexStringLower(frame.Payload.Span)}");
            if (frame.Kind is not (StreamFrameKind.Message or StreamFrameKind.ErrorOrEnd))
                return frames;
        }
    }

    private static RpcCallId Decode(string hex) => RpcCallId.TryDecode(Convert.FromHexString(hex), out var id) ? id : throw new FormatException();
}
