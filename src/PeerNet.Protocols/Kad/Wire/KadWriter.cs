using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Protocols.Kad.Wire.Generated;
using PeerNet.Protocols.Wire;

namespace PeerNet.Protocols.Kad.Wire;

/// <summary>
/// Writes messages. The type is always written, zero included: go leaves it out and reads both, others look for it. A message stays below
/// <see cref="KadProtocol.MaxSentMessageBytes"/>, unless its record alone is larger: every named peer stays in, each with as many of its
/// addresses as there is room for, the first ones first.
/// </summary>
internal static class KadWriter
{
    // Specification (protobuf encoding): one byte of tag, and a length of one or two bytes. A little too much does no harm.
    private const int FieldOverhead = 3;

    /// <summary>Adds a message as a frame.</summary>
    public static void Write(FrameWriter writer, KadMessage message) => writer.Append(ToGenerated(message));

    /// <summary>The bytes of a message.</summary>
    public static byte[] ToBytes(KadMessage message) => ToGenerated(message).ToByteArray();

    private static KadRpc ToGenerated(KadMessage message)
    {
        var generated = new KadRpc { Type = (int)message.Type };
        if (!message.Key.IsEmpty)
            generated.Key = UnsafeByteOperations.UnsafeWrap(message.Key);
        if (message.Record is { } record)
            generated.Record = ToGenerated(record);
        AddPeers(generated.CloserPeers, message.CloserPeers);
        AddPeers(generated.ProviderPeers, message.ProviderPeers);
        AddAddresses(generated, message);
        return generated;
    }

    private static KadRpcRecord ToGenerated(KadRecord record)
    {
        var generated = new KadRpcRecord { Key = UnsafeByteOperations.UnsafeWrap(record.Key), Value = UnsafeByteOperations.UnsafeWrap(record.Value) };
        if (!record.TimeReceived.IsEmpty)
            generated.TimeReceived = UnsafeByteOperations.UnsafeWrap(record.TimeReceived);
        if (!record.Publisher.IsEmpty)
            generated.Publisher = UnsafeByteOperations.UnsafeWrap(record.Publisher);
        if (record.Ttl is { } ttl)
            generated.Ttl = ttl;
        return generated;
    }

    private static void AddPeers(Google.Protobuf.Collections.RepeatedField<KadRpcPeer> list, IReadOnlyList<KadPeer> peers)
    {
        foreach (var peer in peers)
        {
            var generated = new KadRpcPeer { Id = UnsafeByteOperations.UnsafeWrap(peer.Id.Bytes) };
            if (peer.Connection != KadConnection.NotConnected)
                generated.Connection = (int)peer.Connection;
            list.Add(generated);
        }
    }

    // In rounds, one address of every peer each: a peer with sixty addresses takes no room from one with two.
    private static void AddAddresses(KadRpc generated, KadMessage message)
    {
        var budget = KadProtocol.MaxSentMessageBytes - generated.CalculateSize() - (FieldOverhead * (message.CloserPeers.Count + message.ProviderPeers.Count));
        for (var round = 0; round < KadProtocol.MaxAddressesPerPeer; round++)
        {
            var added = AddRound(generated.CloserPeers, message.CloserPeers, round, ref budget);
            added |= AddRound(generated.ProviderPeers, message.ProviderPeers, round, ref budget);
            if (!added)
                return;
        }
    }

    private static bool AddRound(Google.Protobuf.Collections.RepeatedField<KadRpcPeer> list, IReadOnlyList<KadPeer> peers, int round, ref int budget)
    {
        var added = false;
        for (var i = 0; i < peers.Count; i++)
        {
            if (round >= peers[i].Addresses.Count)
                continue;
            var bytes = peers[i].Addresses[round].Bytes;
            var cost = bytes.Length + FieldOverhead;
            if (cost > budget)
                continue;
            budget -= cost;
            list[i].Addrs.Add(UnsafeByteOperations.UnsafeWrap(bytes));
            added = true;
        }

        return added;
    }
}
