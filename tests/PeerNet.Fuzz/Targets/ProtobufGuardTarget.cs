using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Identify.Messages;

namespace PeerNet.Fuzz.Targets;

/// <summary>The guard in front of the protobuf parser: what it lets pass, the parser takes, and within the shape's bounds.</summary>
public sealed class ProtobufGuardTarget : IFuzzTarget
{
    public static string Name => "protobuf-guard";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (!MessageGuard.Check(data, IdentifyProtocol.FrameShape).IsNone)
            return;
        var message = Parse(data);
        Oracle.Require(message is not null, "what passes the guard parses");
        Oracle.Require(message.ListenAddrs.Count + message.Protocols.Count <= IdentifyProtocol.FrameShape.MaxEntries, "the shape's bounds hold");
        Oracle.Require(message.CalculateSize() <= data.Length, "nothing is read twice");
    }

    private static IdentifyMessage? Parse(ReadOnlySpan<byte> data)
    {
        try
        {
            return IdentifyMessage.Parser.WithDiscardUnknownFields(true).ParseFrom(data);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
