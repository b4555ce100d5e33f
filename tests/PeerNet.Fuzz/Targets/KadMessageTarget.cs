using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Protocols.Kad.Wire.Generated;

namespace PeerNet.Fuzz.Targets;

/// <summary>The span reader against the generated parser: what both take means the same, and what one refuses for its structure the other does.</summary>
public sealed class KadMessageTarget : IFuzzTarget
{
    private static readonly MessageShape PeerShape = new(int.MaxValue, FieldShape.Bytes(2, int.MaxValue, int.MaxValue));
    private static readonly MessageShape RecordShape = new(int.MaxValue);

    private static readonly MessageShape Shape = new(
        int.MaxValue,
        FieldShape.Message(3, RecordShape, int.MaxValue),
        FieldShape.Message(8, PeerShape, int.MaxValue),
        FieldShape.Message(9, PeerShape, int.MaxValue));

    public static string Name => "kad-message";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var isRead = KadReader.TryRead(data, out var message, out var fault);
        Oracle.Require(isRead == fault.IsNone, "a message or a fault");
        var generated = Parse(data);
        Oracle.Require(isRead == generated is not null, $"the generated parser has the same verdict ({fault})");
        if (message is null || generated is null)
            return;

        Oracle.Require((int)message.Type == generated.Type, "type");
        Oracle.RequireEqual(generated.Key.Span, message.Key.Span, "key");
        Oracle.Require(message.Record is not null == (generated.Record is not null), "record");
        if (message.Record is { } record && generated.Record is { } other)
        {
            Oracle.RequireEqual(other.Key.Span, record.Key.Span, "record key");
            Oracle.RequireEqual(other.Value.Span, record.Value.Span, "record value");
            Oracle.Require(record.Ttl == (other.HasTtl ? other.Ttl : null), "record ttl");
        }

        RequireEqual(generated.CloserPeers, message.CloserPeers, KadProtocol.MaxPeersPerAnswer);
        RequireEqual(generated.ProviderPeers, message.ProviderPeers, KadProtocol.MaxProvidersPerAnswer);
        Oracle.Require(KadReader.TryRead(KadWriter.ToBytes(message), out var again, out _), "what is written is read");
        Oracle.Require(again!.CloserPeers.Count == message.CloserPeers.Count && again.ProviderPeers.Count == message.ProviderPeers.Count, "and has the same peers");
    }

    private static KadRpc? Parse(ReadOnlySpan<byte> data)
    {
        if (!MessageGuard.Check(data, Shape).IsNone)
            return null;
        try
        {
            return KadRpc.Parser.ParseFrom(data);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static void RequireEqual(IEnumerable<KadRpcPeer> generated, IReadOnlyList<KadPeer> peers, int limit)
    {
        var good = generated.Where(peer => PeerId.TryDecode(peer.Id.Span, out _)).Take(limit).ToArray();
        Oracle.Require(good.Length == peers.Count, "as many peers");
        for (var i = 0; i < good.Length; i++)
            Oracle.RequireEqual(good[i].Id.Span, peers[i].Id.Bytes.Span, "the same peer");
    }
}
