using CsCheck;
using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Protocols.Fetch;
using PeerNet.Protocols.Fetch.Messages;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Identify.Messages;
using PeerNet.Protocols.Wire;

namespace PeerNet.UnitTests.Protocols.Wire;

[TestClass]
public sealed class ProtobufMessageTests
{
    private static readonly Gen<ByteString> Bytes = Gen.Byte.Array[0, 40].Select(ByteString.CopyFrom);

    private static readonly Gen<IdentifyMessage> Messages = Gen.Select(Bytes, Bytes.Array[0, 30], Bytes.Array[0, 30], Bytes, Bytes, Bytes).Select(parts =>
    {
        var message = new IdentifyMessage { PublicKey = parts.Item1, ObservedAddr = parts.Item4, AgentVersion = parts.Item5, SignedPeerRecord = parts.Item6 };
        message.ListenAddrs.Add(parts.Item2);
        message.Protocols.Add(parts.Item3);
        return message;
    });

    [TestMethod]
    public void Shapes_cover_what_the_parser_reads()
    {
        MessageShapes.AssertCovers(IdentifyProtocol.FrameShape, IdentifyMessage.Descriptor);
        MessageShapes.AssertCovers(FetchProtocol.RequestShape, FetchRequest.Descriptor);
        MessageShapes.AssertCovers(FetchProtocol.ResponseShape, FetchResponse.Descriptor);
    }

    [TestMethod]
    [TestCategory("Property")]
    public void What_the_library_writes_passes_and_reads_back()
        => Messages.Sample(message =>
            ProtobufMessage.TryParse(IdentifyMessage.Parser, message.ToByteArray(), IdentifyProtocol.FrameShape, out var read, out _) && read.Equals(message));

    [TestMethod]
    [TestCategory("Property")]
    public void What_passes_parses_and_what_is_cut_off_does_not()
        => Gen.Select(Messages, Gen.Int[0, 2000]).Sample((message, cut) =>
        {
            var bytes = message.ToByteArray();
            var part = bytes.AsSpan(0, cut % (bytes.Length + 1));
            return MessageGuard.Check(part, IdentifyProtocol.FrameShape).IsNone == Parses(part);
        });

    [TestMethod]
    [TestCategory("Property")]
    public void Nothing_that_passes_the_guard_is_refused_by_the_parser()
        => Gen.Select(Messages, Gen.Int, Gen.Byte.Array[1, 4]).Sample(
            (message, position, patch) =>
            {
                var bytes = message.ToByteArray();
                for (var i = 0; i < patch.Length; i++)
                    bytes[(int)(((uint)position + (uint)(i * 7)) % (uint)bytes.Length)] = patch[i];
                return !MessageGuard.Check(bytes, IdentifyProtocol.FrameShape).IsNone || Parses(bytes);
            },
            iter: 3000);

    [TestMethod]
    public void Unknown_fields_are_discarded()
    {
        var parser = FetchRequest.Parser.WithDiscardUnknownFields(true);
        Assert.IsTrue(ProtobufMessage.TryParse(parser, [0x0a, 1, 0x6b, 0x7a, 2, 1, 2], FetchProtocol.RequestShape, out var request, out _));
        Assert.AreEqual(3, request.CalculateSize());
    }

    private static bool Parses(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _ = IdentifyMessage.Parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
