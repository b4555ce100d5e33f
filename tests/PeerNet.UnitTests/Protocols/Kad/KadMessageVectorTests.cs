using System.Text.Json;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Wire;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class KadMessageVectorTests
{
    [TestMethod]
    public void Every_message_of_the_libraries_is_read_as_they_mean_it()
    {
        foreach (var row in ProtocolVectors.Rows("kad", "messages.json", "kad"))
        {
            var note = row.GetProperty("note").GetString()!;
            Assert.IsTrue(KadReader.TryRead(row.Bytes("message"), out var message, out var fault), $"{note}: {fault}");
            if (row.TryGetProperty("fields", out var fields))
                RequireEqual(fields, message, note);
        }
    }

    [TestMethod]
    public void Every_message_is_written_back_to_the_same_bytes_but_for_a_type_of_zero()
    {
        foreach (var row in ProtocolVectors.Rows("kad", "messages.json", "kad"))
        {
            var note = row.GetProperty("note").GetString()!;

            // What means nothing to this node is not written again.
            if (note is "cluster level set" or "unknown connection type 9" or "bad peer id and bad address among good ones")
                continue;
            var expected = row.GetProperty("message").GetString()!;
            Assert.IsTrue(KadReader.TryRead(row.Bytes("message"), out var message, out _));
            if (message.Type == KadMessageType.PutValue && !expected.StartsWith("0800", StringComparison.Ordinal))
                expected = "0800" + expected;
            Assert.AreEqual(expected, ProtocolVectors.Hex(KadWriter.ToBytes(message)), note);
        }
    }

    [TestMethod]
    public void Answers_of_a_live_go_node_are_read()
    {
        var read = 0;
        foreach (var row in ProtocolVectors.Rows("kad", "live.json", "kad").Where(row => row.TryGetProperty("fields", out _)))
        {
            var note = row.GetProperty("note").GetString()!;
            var frame = row.Bytes("response");
            var prefix = frame[0] < 0x80 ? 1 : 2;
            Assert.IsTrue(KadReader.TryRead(frame.AsSpan(prefix), out var message, out var fault), $"{note}: {fault}");
            RequireEqual(row.GetProperty("fields"), message, note);
            read++;
        }

        Assert.IsGreaterThan(10, read);
    }

    [TestMethod]
    public void A_message_cut_anywhere_is_refused_or_is_a_shorter_message()
    {
        foreach (var row in ProtocolVectors.Rows("kad", "messages.json", "kad"))
        {
            var bytes = row.Bytes("message");
            for (var length = 0; length < bytes.Length; length++)
            {
                var isRead = KadReader.TryRead(bytes.AsSpan(0, length), out var message, out var fault);
                Assert.AreEqual(isRead, fault.IsNone);
                Assert.AreEqual(isRead, message is not null);
                if (!isRead)
                    Assert.AreEqual(MessageFaultKind.Truncated, fault.Kind);
            }
        }
    }

    private static void RequireEqual(JsonElement fields, KadMessage message, string note)
    {
        Assert.AreEqual(fields.TryGetProperty("type", out var type) ? type.GetInt32() : 0, (int)message.Type, note);
        Assert.AreEqual(fields.TextOrNull("key") ?? "", ProtocolVectors.Hex(message.Key.Span), note);
        Assert.AreEqual(fields.TryGetProperty("record", out var record), message.Record is not null, note);
        if (message.Record is { } read)
        {
            Assert.AreEqual(record.TextOrNull("key") ?? "", ProtocolVectors.Hex(read.Key.Span), note);
            Assert.AreEqual(record.TextOrNull("value") ?? "", ProtocolVectors.Hex(read.Value.Span), note);
            Assert.AreEqual(record.TextOrNull("timeReceived") ?? "", System.Text.Encoding.UTF8.GetString(read.TimeReceived.Span), note);
        }

        RequireEqual(fields, "closerPeers", message.CloserPeers, note);
        RequireEqual(fields, "providerPeers", message.ProviderPeers, note);
    }

    private static void RequireEqual(JsonElement fields, string list, IReadOnlyList<KadPeer> peers, string note)
    {
        // Peers without a good id are left out, and addresses that are none.
        var rows = fields.TryGetProperty(list, out var value) ? value.EnumerateArray().Where(row => PeerId.TryDecode(row.Bytes("id"), out _)).ToArray() : [];
        Assert.HasCount(rows.Length, peers, note);
        for (var i = 0; i < rows.Length; i++)
        {
            Assert.AreEqual(rows[i].GetProperty("id").GetString(), ProtocolVectors.Hex(peers[i].Id.Bytes.Span), note);
            var sent = rows[i].TryGetProperty("connection", out var connection) ? connection.GetInt32() : 0;
            Assert.AreEqual(sent <= (int)KadConnection.CannotConnect ? sent : 0, (int)peers[i].Connection, note);
            var addresses = rows[i].TextList("addrs").Where(hex => Multiaddress.TryDecodeLenient(Convert.FromHexString(hex), out _)).ToArray();
            CollectionAssert.AreEqual(addresses, peers[i].Addresses.Select(address => ProtocolVectors.Hex(address.Bytes.Span)).ToArray(), note);
        }
    }
}
