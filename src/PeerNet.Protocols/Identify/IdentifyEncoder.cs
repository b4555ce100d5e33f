using System.Text;
using Google.Protobuf;
using PeerNet.Core;
using PeerNet.Core.Wire;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify.Messages;
using PeerNet.Protocols.Wire;

namespace PeerNet.Protocols.Identify;

/// <summary>
/// Lays a message out in frames. The first is complete in itself, because rust reads no other: key, observed address, versions, and as many
/// addresses and protocols as fit. What is left over, and the signed record where it would make the first frame long, follows in frames of its
/// own, which go and js merge. Pure.
/// </summary>
internal static class IdentifyEncoder
{
    /// <summary>
    /// Writes the frames of <paramref name="info"/>. Addresses and protocols come in the order of their worth. What ten frames do not hold is
    /// left out, and so is a record that no frame holds.
    /// </summary>
    public static void Write(FrameWriter writer, IdentifyInfo info)
    {
        var first = Essentials(info);
        var addresses = new Queue<ByteString>(info.ListenAddresses.Select(static address => ByteString.CopyFrom(address.Bytes.Span)));
        var protocols = new Queue<ByteString>(info.Protocols.Select(static protocol => ByteString.CopyFrom(protocol.Value, Encoding.UTF8)));

        // Neither list may crowd out the other in the frame that everybody reads.
        var size = first.CalculateSize();
        Move(addresses, first.ListenAddrs, ref size, size + ((IdentifyProtocol.MaxSentFrameBytes - size) / 2));
        Move(protocols, first.Protocols, ref size, IdentifyProtocol.MaxSentFrameBytes);
        Move(addresses, first.ListenAddrs, ref size, IdentifyProtocol.MaxSentFrameBytes);

        var record = SizeOfEntry(info.SignedPeerRecord.Length) <= IdentifyProtocol.MaxSentFrameBytes ? info.SignedPeerRecord : default;
        var recordFits = size + SizeOfEntry(record.Length) <= IdentifyProtocol.SplitBytes;
        if (!record.IsEmpty && recordFits)
            first.SignedPeerRecord = ByteString.CopyFrom(record.Span);
        writer.Append(first);

        if (!record.IsEmpty && !recordFits)
            writer.Append(new IdentifyMessage { SignedPeerRecord = ByteString.CopyFrom(record.Span) });
        WriteRest(writer, addresses, protocols, IdentifyProtocol.MaxFrames - (record.IsEmpty || recordFits ? 1 : 2));
    }

    private static IdentifyMessage Essentials(IdentifyInfo info)
    {
        var message = new IdentifyMessage();
        if (info.PublicKey is not null)
            message.PublicKey = ByteString.CopyFrom(info.PublicKey.Encoded.Span);
        if (info.ObservedAddress is not null)
            message.ObservedAddr = ByteString.CopyFrom(info.ObservedAddress.Bytes.Span);
        if (info.ProtocolVersion is not null)
            message.ProtocolVersion = ByteString.CopyFrom(info.ProtocolVersion, Encoding.UTF8);
        if (info.AgentVersion is not null)
            message.AgentVersion = ByteString.CopyFrom(info.AgentVersion, Encoding.UTF8);
        return message;
    }

    private static void WriteRest(FrameWriter writer, Queue<ByteString> addresses, Queue<ByteString> protocols, int frames)
    {
        for (; frames > 0 && addresses.Count + protocols.Count > 0; frames--)
        {
            var message = new IdentifyMessage();
            var size = 0;
            Move(protocols, message.Protocols, ref size, IdentifyProtocol.MaxSentFrameBytes);
            Move(addresses, message.ListenAddrs, ref size, IdentifyProtocol.MaxSentFrameBytes);
            writer.Append(message);
        }
    }

    private static void Move(Queue<ByteString> from, ICollection<ByteString> to, ref int size, int limit)
    {
        while (from.TryPeek(out var entry) && size + SizeOfEntry(entry.Length) <= limit)
        {
            to.Add(from.Dequeue());
            size += SizeOfEntry(entry.Length);
        }
    }

    /// <summary>Bytes that a field of this length takes: all field numbers of the message fit into one byte.</summary>
    private static int SizeOfEntry(int length) => 1 + Varint.Length((ulong)length) + length;
}
