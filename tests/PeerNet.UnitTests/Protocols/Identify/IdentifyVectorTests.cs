using System.Text.Json;
using PeerNet.Core;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Identify;

[TestClass]
public sealed class IdentifyVectorTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Reads_every_message_of_the_go_library()
    {
        foreach (var row in ProtocolVectors.Rows("identify", "messages.json", "identify"))
            await AssertReadsAsync(row.Bytes("frame"), row.GetProperty("fields"));
    }

    [TestMethod]
    public async Task Merges_frames_as_go_does()
    {
        foreach (var row in ProtocolVectors.Rows("identify", "messages.json", "identifyStreams"))
            await AssertReadsAsync(row.Bytes("stream"), row.GetProperty("fields"));
    }

    [TestMethod]
    [DataRow("identify")]
    [DataRow("push")]
    public async Task Reads_the_streams_of_live_go_nodes_wherever_they_are_cut(string list)
    {
        foreach (var row in ProtocolVectors.Rows("identify", "live.json", list))
        {
            var stream = row.Bytes("stream");
            var sender = PeerId.Parse(row.GetProperty("peerId").GetString()!);
            for (var cut = 0; cut <= stream.Length; cut++)
            {
                var (info, fault) = await IdentifyReader.ReadAsync(ChunkedStream.CutAt(stream, cut), sender, keyRequired: true, TestContext.CancellationToken);
                Assert.IsTrue(fault.IsNone, fault.ToString());
                foreach (var frame in row.GetProperty("frames").EnumerateArray())
                    AssertHas(info, frame.GetProperty("fields"));
            }
        }
    }

    [TestMethod]
    public void Writes_the_bytes_of_the_go_library()
    {
        foreach (var row in ProtocolVectors.Rows("identify", "messages.json", "identify"))
        {
            var fields = row.GetProperty("fields");
            if (fields.TextList("listenAddrs").Any(hex => !Multiaddress.TryDecode(Convert.FromHexString(hex), out _)))
                continue;
            using var writer = new FrameWriter();
            IdentifyEncoder.Write(writer, InfoOf(fields));
            Assert.AreEqual(row.GetProperty("frame").GetString(), ProtocolVectors.Hex(writer.Written.Span), row.GetProperty("note").GetString());
        }
    }

    private async Task AssertReadsAsync(byte[] stream, JsonElement fields)
    {
        var sender = fields.TextOrNull("publicKey") is { } key ? KeyOf(key).PeerId : PrivateKey.FromEd25519Seed(new byte[32]).PeerId;
        var (info, fault) = await IdentifyReader.ReadAsync(ChunkedStream.OneByOne(stream), sender, keyRequired: false, TestContext.CancellationToken);
        Assert.IsTrue(fault.IsNone, fault.ToString());
        AssertHas(info, fields);
    }

    private static void AssertHas(IdentifyInfo info, JsonElement fields)
    {
        if (fields.TextOrNull("publicKey") is { } key)
            Assert.AreEqual(KeyOf(key), info.PublicKey);
        var usable = fields.TextList("listenAddrs").Where(hex => Multiaddress.TryDecode(Convert.FromHexString(hex), out _)).ToArray();
        CollectionAssert.AreEqual(usable, info.ListenAddresses.Select(a => ProtocolVectors.Hex(a.Bytes.Span)).ToArray());
        CollectionAssert.AreEqual(fields.TextList("protocols"), info.Protocols.Select(p => p.Value).ToArray());
        Assert.AreEqual(fields.TextOrNull("observedAddr"), info.ObservedAddress is null ? null : ProtocolVectors.Hex(info.ObservedAddress.Bytes.Span));
        Assert.AreEqual(fields.TextOrNull("protocolVersion"), info.ProtocolVersion);
        Assert.AreEqual(fields.TextOrNull("agentVersion"), info.AgentVersion);
        Assert.AreEqual(fields.TextOrNull("signedPeerRecord") ?? "", ProtocolVectors.Hex(info.SignedPeerRecord.Span));
    }

    private static IdentifyInfo InfoOf(JsonElement fields) => new()
    {
        PublicKey = fields.TextOrNull("publicKey") is { } key ? KeyOf(key) : null,
        ListenAddresses = [.. fields.TextList("listenAddrs").Select(AddressOf)],
        Protocols = [.. fields.TextList("protocols").Select(ProtocolId.FromString)],
        ObservedAddress = fields.TextOrNull("observedAddr") is { } observed ? AddressOf(observed) : null,
        ProtocolVersion = fields.TextOrNull("protocolVersion"),
        AgentVersion = fields.TextOrNull("agentVersion"),
        SignedPeerRecord = fields.TextOrNull("signedPeerRecord") is { } record ? Convert.FromHexString(record) : default(ReadOnlyMemory<byte>),
    };

    private static PublicKey KeyOf(string hex)
    {
        Assert.IsTrue(PublicKey.TryDecode(Convert.FromHexString(hex), out var key, out var error), error);
        return key;
    }

    private static Multiaddress AddressOf(string hex)
    {
        Assert.IsTrue(Multiaddress.TryDecode(Convert.FromHexString(hex), out var address));
        return address;
    }
}
