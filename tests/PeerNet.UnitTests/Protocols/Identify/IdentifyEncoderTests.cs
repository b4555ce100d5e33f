using CsCheck;
using PeerNet.Core;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Identify.Messages;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Identify;

[TestClass]
public sealed class IdentifyEncoderTests
{
    private static readonly PublicKey Key = PrivateKey.FromEd25519Seed(new byte[32]).PublicKey;

    [TestMethod]
    public void Puts_a_short_record_into_the_only_frame()
    {
        var frames = FramesOf(Info(addresses: 3, protocols: 10, record: 200));
        Assert.HasCount(1, frames);
        Assert.AreEqual(200, frames[0].SignedPeerRecord.Length);
    }

    [TestMethod]
    public void Puts_the_record_into_a_second_frame_when_the_first_would_exceed_2_KiB()
    {
        var frames = FramesOf(Info(addresses: 40, protocols: 40, record: 1500));
        Assert.HasCount(2, frames);
        Assert.IsFalse(frames[0].HasSignedPeerRecord);
        Assert.AreEqual(1500, frames[1].SignedPeerRecord.Length);
        Assert.AreEqual(1500 + 3, frames[1].CalculateSize(), "nothing besides the record");
    }

    [TestMethod]
    public void The_first_frame_of_a_crowded_node_has_something_of_everything()
    {
        var frames = FramesOf(Info(addresses: 500, protocols: 500, record: 2000));
        Assert.IsTrue(frames[0].HasPublicKey && frames[0].HasObservedAddr && frames[0].HasAgentVersion);
        Assert.IsGreaterThan(100, frames[0].ListenAddrs.Count);
        Assert.IsGreaterThan(50, frames[0].Protocols.Count);
        Assert.AreEqual(500, frames.Sum(f => f.ListenAddrs.Count));
        Assert.AreEqual(500, frames.Sum(f => f.Protocols.Count));
    }

    [TestMethod]
    public void A_record_that_no_frame_holds_is_left_out()
        => Assert.IsFalse(FramesOf(Info(addresses: 1, protocols: 1, record: 5000)).Any(f => f.HasSignedPeerRecord));

    [TestMethod]
    public void Writes_no_empty_frames()
        => Assert.IsTrue(FramesOf(Info(addresses: 500, protocols: 500, record: 0)).All(f => f.CalculateSize() > 0));

    [TestMethod]
    [TestCategory("Property")]
    public void What_it_writes_is_read_back_and_keeps_to_every_bound()
    {
        Gen.Select(Gen.Int[0, 600], Gen.Int[0, 1100], Gen.Int[0, 5000], Gen.Int[0, 60]).Sample(
            (addresses, protocols, record, padding) =>
            {
                var info = Info(addresses, protocols, record, padding);
                using var writer = new FrameWriter();
                IdentifyEncoder.Write(writer, info);
                var frames = Split(writer.Written);
                var read = IdentifyReader.ReadAsync(new ChunkedStream(writer.Written), Key.PeerId, keyRequired: true, default).AsTask().GetAwaiter().GetResult();
                return frames.Count <= IdentifyProtocol.MaxFrames
                    && frames.TrueForAll(f => f.Length <= IdentifyProtocol.MaxSentFrameBytes)
                    && read.Fault.IsNone
                    && read.Info.AgentVersion == info.AgentVersion
                    && read.Info.ObservedAddress == info.ObservedAddress
                    && read.Info.ListenAddresses.SequenceEqual(info.ListenAddresses.Take(read.Info.ListenAddresses.Count))
                    && read.Info.Protocols.SequenceEqual(info.Protocols.Take(read.Info.Protocols.Count))
                    && (frames.Count == IdentifyProtocol.MaxFrames
                        || (read.Info.ListenAddresses.Count == Math.Min(addresses, IdentifyProtocol.MaxAddresses)
                            && read.Info.Protocols.Count == Math.Min(protocols, IdentifyProtocol.MaxProtocols)))
                    && (record > 4090 || read.Info.SignedPeerRecord.Length == record);
            },
            iter: 200);
    }

    private static IdentifyInfo Info(int addresses, int protocols, int record, int padding = 20) => new()
    {
        PublicKey = Key,
        ListenAddresses = [.. Enumerable.Range(0, addresses).Select(i => Multiaddress.Parse($"/ip4/10.0.{i / 250}.{i % 250}/tcp/4001"))],
        Protocols = [.. Enumerable.Range(0, protocols).Select(i => (ProtocolId)$"/{new string('p', padding)}/{i}")],
        ObservedAddress = Multiaddress.Parse("/ip4/8.8.8.8/udp/4001/quic-v1"),
        ProtocolVersion = "ipfs/0.1.0",
        AgentVersion = "peernet/1",
        SignedPeerRecord = new byte[record],
    };

    private static List<IdentifyMessage> FramesOf(IdentifyInfo info)
    {
        using var writer = new FrameWriter();
        IdentifyEncoder.Write(writer, info);
        return [.. Split(writer.Written).Select(frame => IdentifyMessage.Parser.ParseFrom(frame))];
    }

    private static List<byte[]> Split(ReadOnlyMemory<byte> frames)
    {
        using var reader = new FrameReader(new ChunkedStream(frames));
        var result = new List<byte[]>();
        while (reader.ReadAsync(1 << 20).AsTask().GetAwaiter().GetResult() is { IsMessage: true } frame)
            result.Add(frame.Message.ToArray());
        return result;
    }
}
