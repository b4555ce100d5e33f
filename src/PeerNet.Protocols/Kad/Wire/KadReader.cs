using System.Diagnostics.CodeAnalysis;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Kad.Wire;

/// <summary>
/// Reads messages straight from their bytes: answers with twenty peers are the most frequent thing that a lookup touches. What one peer in
/// a message says wrong costs that peer its place, never the message; lists end at their limits, and nothing is made for what lies beyond.
/// Never throws on a peer's bytes.
/// </summary>
internal static class KadReader
{
    // Specification: field numbers, see kad.proto.
    private const int TypeField = 1;
    private const int KeyField = 2;
    private const int RecordField = 3;
    private const int CloserPeersField = 8;
    private const int ProviderPeersField = 9;
    private const int RecordKeyField = 1;
    private const int RecordValueField = 2;
    private const int RecordTimeField = 5;
    private const int RecordPublisherField = 666;
    private const int RecordTtlField = 777;
    private const int PeerIdField = 1;
    private const int PeerAddressField = 2;
    private const int PeerConnectionField = 3;

    /// <summary>Reads a message.</summary>
    /// <param name="bytes">The whole message; nothing of it is kept.</param>
    /// <param name="message">The message.</param>
    /// <param name="fault">What is wrong, when there is none.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out KadMessage? message, out MessageFault fault)
    {
        message = null;
        var type = 0;
        ReadOnlySpan<byte> key = default;
        var record = default(RecordFields);
        List<KadPeer>? closer = null;
        List<KadPeer>? providers = null;
        var skipped = 0;

        var cursor = new ProtobufCursor(bytes);
        while (cursor.Next())
        {
            fault = default;
            if (cursor.IsVarint(TypeField))
                type = (int)cursor.Varint;
            else if (cursor.IsBytes(KeyField))
                key = cursor.Bytes;
            else if (cursor.IsBytes(RecordField))
                fault = record.Merge(cursor.Bytes);
            else if (cursor.IsBytes(CloserPeersField))
                fault = AddPeer(cursor.Bytes, ref closer, KadProtocol.MaxPeersPerAnswer, ref skipped);
            else if (cursor.IsBytes(ProviderPeersField))
                fault = AddPeer(cursor.Bytes, ref providers, KadProtocol.MaxProvidersPerAnswer, ref skipped);
            if (!fault.IsNone)
                return false;
        }

        fault = cursor.Fault;
        if (!fault.IsNone)
            return false;
        message = new KadMessage
        {
            Type = (KadMessageType)type,
            Key = key.ToArray(),
            Record = record.ToRecord(),
            CloserPeers = closer ?? (IReadOnlyList<KadPeer>)[],
            ProviderPeers = providers ?? (IReadOnlyList<KadPeer>)[],
            SkippedPeers = skipped,
        };
        return true;
    }

    private static MessageFault AddPeer(ReadOnlySpan<byte> bytes, ref List<KadPeer>? peers, int limit, ref int skipped)
    {
        ReadOnlySpan<byte> id = default;
        var connection = 0;
        var addressCount = 0;
        var cursor = new ProtobufCursor(bytes);
        while (cursor.Next())
        {
            if (cursor.IsBytes(PeerIdField))
                id = cursor.Bytes;
            else if (cursor.IsBytes(PeerAddressField))
                addressCount++;
            else if (cursor.IsVarint(PeerConnectionField))
                connection = (int)cursor.Varint;
        }

        if (!cursor.Fault.IsNone)
            return cursor.Fault;
        if (peers?.Count >= limit || !PeerId.TryDecode(id, out var peer))
        {
            skipped++;
            return default;
        }

        peers ??= new List<KadPeer>(KadProtocol.BucketSize);
        peers.Add(new KadPeer(peer, ReadAddresses(bytes, addressCount), ToConnection(connection)));
        return default;
    }

    private static Multiaddress[] ReadAddresses(ReadOnlySpan<byte> bytes, int count)
    {
        if (count == 0)
            return [];
        var addresses = new Multiaddress[Math.Min(count, KadProtocol.MaxAddressesPerPeer)];
        var read = 0;
        var cursor = new ProtobufCursor(bytes);
        while (read < addresses.Length && cursor.Next())
        {
            if (cursor.IsBytes(PeerAddressField) && Multiaddress.TryDecodeLenient(cursor.Bytes, out var address) && Array.IndexOf(addresses, address, 0, read) < 0)
                addresses[read++] = address;
        }

        Array.Resize(ref addresses, read);
        return addresses;
    }

    private static KadConnection ToConnection(int value)
        => value is >= (int)KadConnection.NotConnected and <= (int)KadConnection.CannotConnect ? (KadConnection)value : KadConnection.NotConnected;

    /// <summary>The fields of a record; a record in two pieces is one, as everywhere in protobuf.</summary>
    private ref struct RecordFields
    {
        private bool _isPresent;
        private ReadOnlySpan<byte> _key;
        private ReadOnlySpan<byte> _value;
        private ReadOnlySpan<byte> _time;
        private ReadOnlySpan<byte> _publisher;
        private uint? _ttl;

        public MessageFault Merge(ReadOnlySpan<byte> bytes)
        {
            _isPresent = true;
            var cursor = new ProtobufCursor(bytes);
            while (cursor.Next())
            {
                if (cursor.IsBytes(RecordKeyField))
                    _key = cursor.Bytes;
                else if (cursor.IsBytes(RecordValueField))
                    _value = cursor.Bytes;
                else if (cursor.IsBytes(RecordTimeField))
                    _time = cursor.Bytes;
                else if (cursor.IsBytes(RecordPublisherField))
                    _publisher = cursor.Bytes;
                else if (cursor.IsVarint(RecordTtlField))
                    _ttl = (uint)cursor.Varint;
            }

            return cursor.Fault;
        }

        public readonly KadRecord? ToRecord() => !_isPresent
            ? null
            : new KadRecord
            {
                Key = _key.ToArray(),
                Value = _value.ToArray(),
                TimeReceived = _time.ToArray(),
                Publisher = _publisher.ToArray(),
                Ttl = _ttl,
            };
    }
}
