using System.Text;
using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Identify.Messages;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Identify;

[TestClass]
public sealed class IdentifyHostileTests
{
    private static readonly PublicKey Key = PrivateKey.FromEd25519Seed(new byte[32]).PublicKey;
    private static readonly PublicKey OtherKey = PrivateKey.FromEd25519Seed([.. Enumerable.Repeat((byte)1, 32)]).PublicKey;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Refuses_a_frame_over_8192_bytes_without_reading_it()
    {
        var (_, fault) = await ReadAsync(new ChunkedStream(new byte[] { 0x81, 0x40, 1, 2, 3 }));
        Assert.AreEqual(IdentifyFaultKind.Framing, fault.Kind);
    }

    [TestMethod]
    public async Task Takes_a_frame_of_8192_bytes()
    {
        var message = Message();
        message.AgentVersion = ByteString.CopyFrom(new byte[8192 - message.CalculateSize() - 3]);
        Assert.AreEqual(8192, message.CalculateSize());
        var (info, fault) = await ReadAsync(Frames(message));
        Assert.IsTrue(fault.IsNone, fault.ToString());
        Assert.AreEqual(new string('\ufffd', IdentifyProtocol.MaxVersionLength), info.AgentVersion);
    }

    [TestMethod]
    public async Task Merges_ten_frames_and_refuses_the_eleventh()
    {
        var frames = Enumerable.Range(0, 11).Select(_ => Message()).ToArray();
        Assert.IsTrue((await ReadAsync(Frames(frames[..10]))).Fault.IsNone);
        Assert.AreEqual(IdentifyFaultKind.TooManyFrames, (await ReadAsync(Frames(frames))).Fault.Kind);
    }

    [TestMethod]
    public async Task Refuses_an_empty_stream() => Assert.AreEqual(IdentifyFaultKind.Empty, (await ReadAsync(new ChunkedStream(default))).Fault.Kind);

    [TestMethod]
    public async Task Refuses_the_key_of_another_peer()
    {
        var message = Message();
        message.PublicKey = ByteString.CopyFrom(OtherKey.Encoded.Span);
        Assert.AreEqual(IdentifyFaultKind.OtherKey, (await ReadAsync(Frames(message))).Fault.Kind);
        Assert.AreEqual(IdentifyFaultKind.OtherKey, (await ReadAsync(Frames(message), keyRequired: false)).Fault.Kind);
    }

    [TestMethod]
    public async Task Requires_a_key_in_identify_and_not_in_a_push()
    {
        var message = new IdentifyMessage { AgentVersion = ByteString.CopyFromUtf8("x") };
        Assert.AreEqual(IdentifyFaultKind.NoKey, (await ReadAsync(Frames(message))).Fault.Kind);
        Assert.IsTrue((await ReadAsync(Frames(message), keyRequired: false)).Fault.IsNone);
        message.PublicKey = ByteString.CopyFrom(1, 2, 3);
        Assert.AreEqual(IdentifyFaultKind.NoKey, (await ReadAsync(Frames(message), keyRequired: false)).Fault.Kind);
    }

    [TestMethod]
    public async Task Keeps_at_most_500_addresses()
    {
        var frames = Enumerable.Range(0, 10).Select(i =>
        {
            var message = Message();
            for (var port = 0; port < 100; port++)
                message.ListenAddrs.Add(ByteString.CopyFrom(4, 10, 0, 0, 1, 6, (byte)i, (byte)port));
            return message;
        });
        var (info, fault) = await ReadAsync(Frames([.. frames]));
        Assert.IsTrue(fault.IsNone, fault.ToString());
        Assert.HasCount(IdentifyProtocol.MaxAddresses, info.ListenAddresses);
    }

    [TestMethod]
    public async Task Keeps_at_most_1024_protocols_and_takes_the_message()
    {
        var frames = Enumerable.Range(0, 9).Select(i =>
        {
            var message = Message();
            for (var n = 0; n < 200; n++)
                message.Protocols.Add(ByteString.CopyFromUtf8($"/lab/{i}/{n}"));
            return message;
        });
        var (info, fault) = await ReadAsync(Frames([.. frames]));
        Assert.IsTrue(fault.IsNone, fault.ToString());
        Assert.HasCount(IdentifyProtocol.MaxProtocols, info.Protocols);
    }

    [TestMethod]
    public async Task Refuses_a_frame_full_of_empty_entries()
    {
        var frame = new byte[8192];
        for (var i = 0; i < frame.Length; i += 2)
            frame[i] = 0x12;
        using var writer = new FrameWriter();
        writer.Append(frame);
        Assert.AreEqual(IdentifyFaultKind.Malformed, (await ReadAsync(new ChunkedStream(writer.Written.ToArray()))).Fault.Kind);
    }

    [TestMethod]
    public async Task Leaves_out_addresses_that_do_not_parse_and_keeps_the_rest()
    {
        var message = Message();
        foreach (var hex in new[] { "047f000001060fa1", "047f00000191020fa180e001", "04", "", "047f00000191020fa1cd03", "047f000001060fa1" })
            message.ListenAddrs.Add(ByteString.CopyFrom(Convert.FromHexString(hex)));
        var (info, _) = await ReadAsync(Frames(message));
        CollectionAssert.AreEqual(
            new[] { "/ip4/127.0.0.1/tcp/4001", "/ip4/127.0.0.1/udp/4001/quic-v1" },
            info.ListenAddresses.Select(a => a.ToString()).ToArray());
    }

    [TestMethod]
    public async Task Cuts_the_senders_id_off_and_leaves_out_addresses_of_others()
    {
        var message = Message();
        foreach (var text in new[]
        {
            $"/ip4/10.0.0.1/tcp/1/p2p/{Key.PeerId}",
            $"/ip4/10.0.0.1/tcp/1/p2p/{OtherKey.PeerId}",
            $"/ip4/10.0.0.1/tcp/1/p2p/{OtherKey.PeerId}/p2p-circuit",
            $"/p2p/{Key.PeerId}",
        })
        {
            message.ListenAddrs.Add(ByteString.CopyFrom(Multiaddress.Parse(text).Bytes.Span));
        }

        var (info, _) = await ReadAsync(Frames(message));
        CollectionAssert.AreEqual(
            new[] { "/ip4/10.0.0.1/tcp/1", $"/ip4/10.0.0.1/tcp/1/p2p/{OtherKey.PeerId}/p2p-circuit" },
            info.ListenAddresses.Select(a => a.ToString()).ToArray());
    }

    [TestMethod]
    public async Task Leaves_out_names_that_are_no_protocols()
    {
        var message = Message();
        foreach (var name in new[] { "/good/1", "", "/with\nnewline", "/with\0zero", new string('x', 1024), "/good/1", "/good/2" })
            message.Protocols.Add(ByteString.CopyFromUtf8(name));
        message.Protocols.Add(ByteString.CopyFrom(0x2f, 0xff, 0xfe));
        var (info, _) = await ReadAsync(Frames(message));
        CollectionAssert.AreEqual(new[] { "/good/1", "/good/2" }, info.Protocols.Select(p => p.Value).ToArray());
    }

    [TestMethod]
    public async Task Cleans_versions_of_what_could_forge_a_log_line()
    {
        var message = Message();
        message.AgentVersion = ByteString.CopyFromUtf8("evil\r\n\u001b[31mred\u202e\u2028end");
        message.ProtocolVersion = ByteString.CopyFrom([.. "ipfs/"u8, 0xc0, 0xaf]);
        var (info, _) = await ReadAsync(Frames(message));
        Assert.AreEqual("evil\ufffd\ufffd\ufffd[31mred\ufffd\ufffdend", info.AgentVersion);
        Assert.AreEqual("ipfs/\ufffd\ufffd", info.ProtocolVersion);
    }

    [TestMethod]
    public void Never_cuts_a_version_inside_a_surrogate_pair()
        => Assert.AreEqual("ab", PeerText.Clean(Encoding.UTF8.GetBytes("ab\U0001F600"), 3));

    [TestMethod]
    [DataRow("/ip4/8.8.8.8/tcp/9/p2p/12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC", "/ip4/8.8.8.8/tcp/9", DisplayName = "js appends an id")]
    [DataRow("/p2p/12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC", null, DisplayName = "rust sends a bare id over a relay")]
    public async Task Takes_what_is_useful_of_an_observed_address(string sent, string? taken)
    {
        var message = Message();
        message.ObservedAddr = ByteString.CopyFrom(Multiaddress.Parse(sent).Bytes.Span);
        Assert.AreEqual(taken, (await ReadAsync(Frames(message))).Info.ObservedAddress?.ToString());
    }

    [TestMethod]
    public async Task Ignores_an_observed_address_that_does_not_parse()
    {
        var message = Message();
        message.ObservedAddr = ByteString.CopyFrom(1, 2, 3);
        var (info, fault) = await ReadAsync(Frames(message));
        Assert.IsTrue(fault.IsNone);
        Assert.IsNull(info.ObservedAddress);
    }

    [TestMethod]
    public async Task Is_no_message_when_cut_off_at_any_length()
    {
        using var writer = new FrameWriter();
        IdentifyEncoder.Write(writer, new IdentifyInfo { PublicKey = Key, Protocols = ["/a", "/b"], AgentVersion = "x" });
        var bytes = writer.Written.ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            var (_, fault) = await ReadAsync(new ChunkedStream(bytes.AsMemory(0, length)));
            Assert.IsFalse(fault.IsNone, $"length {length}");
        }
    }

    private static IdentifyMessage Message() => new() { PublicKey = ByteString.CopyFrom(Key.Encoded.Span) };

    private static ChunkedStream Frames(params IdentifyMessage[] messages)
    {
        using var writer = new FrameWriter();
        foreach (var message in messages)
            writer.Append(message.ToByteArray());
        return new ChunkedStream(writer.Written.ToArray(), at => 1 + (at % 97));
    }

    private ValueTask<(IdentifyInfo Info, IdentifyFault Fault)> ReadAsync(Stream stream, bool keyRequired = true)
        => IdentifyReader.ReadAsync(stream, Key.PeerId, keyRequired, TestContext.CancellationToken);
}
