using System.Text;
using Google.Protobuf;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Protocols.Kad.Wire.Generated;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class KadMessageHostileTests
{
    private static readonly PeerId Peer = KadNetwork.RandomPeer(new Random(1));
    private static readonly byte[] Address = Multiaddress.Parse("/ip4/192.0.2.1/tcp/4001").Bytes.ToArray();

    [TestMethod]
    public void Of_ten_thousand_peers_the_first_forty_are_taken()
    {
        var random = new Random(2);
        var rpc = new KadRpc { Type = 4 };
        rpc.CloserPeers.AddRange(Enumerable.Range(0, 10_000).Select(_ => PeerOf(KadNetwork.RandomPeer(random).Bytes.ToArray())));
        var message = Read(rpc);
        Assert.HasCount(40, message.CloserPeers);
        Assert.AreEqual(9_960, message.SkippedPeers);
    }

    [TestMethod]
    public void A_million_empty_peers_are_walked_over_and_make_no_object()
    {
        var bytes = new byte[2_000_000];
        for (var i = 0; i < bytes.Length; i += 2)
            bytes[i] = (8 << 3) | 2;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.IsTrue(KadReader.TryRead(bytes, out var message, out _));
        Assert.IsLessThan(10_000, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.HasCount(0, message.CloserPeers);
        Assert.AreEqual(1_000_000, message.SkippedPeers);
    }

    [TestMethod]
    public void A_bad_id_a_bad_address_and_an_unknown_connection_cost_no_more_than_themselves()
    {
        var rpc = new KadRpc { Type = 4 };
        rpc.CloserPeers.Add(PeerOf([0x12, 0x20, 1, 2, 3]));
        var odd = PeerOf(Peer.Bytes.ToArray());
        odd.Connection = 77;
        odd.Addrs.Add(ByteString.Empty);
        odd.Addrs.Add(ByteString.CopyFrom(4));
        odd.Addrs.Add(ByteString.CopyFrom(Convert.FromHexString("047f00000191020fa180e001")));
        odd.Addrs.Add(ByteString.CopyFrom(Address));
        rpc.CloserPeers.Add(odd);
        var message = Read(rpc);
        var peer = message.CloserPeers.Single();
        Assert.AreEqual(Peer, peer.Id);
        Assert.AreEqual(KadConnection.NotConnected, peer.Connection);

        // The address itself, once, and the one with an unknown tail, kept as it is.
        Assert.HasCount(2, peer.Addresses);
        Assert.AreEqual(1, message.SkippedPeers);
    }

    [TestMethod]
    public void Of_a_thousand_addresses_the_first_are_taken()
    {
        var rpc = new KadRpc { Type = 4 };
        var peer = PeerOf(Peer.Bytes.ToArray());
        for (var port = 1; port <= 1_000; port++)
            peer.Addrs.Add(ByteString.CopyFrom(Multiaddress.Parse($"/ip4/192.0.2.1/tcp/{port}").Bytes.Span));
        rpc.CloserPeers.Add(peer);
        Assert.HasCount(KadProtocol.MaxAddressesPerPeer, Read(rpc).CloserPeers.Single().Addresses);
    }

    [TestMethod]
    public void An_answer_with_twenty_peers_of_sixty_addresses_keeps_all_peers_and_fits_what_rust_reads()
    {
        var random = new Random(3);
        var peers = Enumerable.Range(0, 20).Select(i => new KadPeer(
            KadNetwork.RandomPeer(random),
            [.. Enumerable.Range(1, 60).Select(port => Multiaddress.Parse($"/ip6/2001:db8::{i + 1}/udp/{port}/quic-v1/webtransport"))])).ToArray();
        var bytes = KadWriter.ToBytes(new KadMessage { Type = KadMessageType.FindNode, CloserPeers = peers });
        Assert.IsLessThanOrEqualTo(KadProtocol.MaxSentMessageBytes, bytes.Length);
        Assert.IsGreaterThan(KadProtocol.MaxSentMessageBytes * 9 / 10, bytes.Length);
        Assert.IsTrue(KadReader.TryRead(bytes, out var message, out _));
        Assert.HasCount(20, message.CloserPeers);
        foreach (var (sent, received) in peers.Zip(message.CloserPeers))
        {
            Assert.IsGreaterThan(10, received.Addresses.Count);
            CollectionAssert.AreEqual(sent.Addresses.Take(received.Addresses.Count).ToArray(), received.Addresses.ToArray());
        }
    }

    [TestMethod]
    public void A_record_passes_with_the_fields_that_rust_adds()
    {
        var key = Encoding.UTF8.GetBytes("/v/key");
        var record = new KadRecord { Key = key, Value = "one"u8.ToArray(), Publisher = Peer.Bytes, Ttl = 172_800 };
        var bytes = KadWriter.ToBytes(new KadMessage { Type = KadMessageType.PutValue, Key = key, Record = record });
        Assert.IsTrue(KadReader.TryRead(bytes, out var message, out _));
        Assert.AreEqual(172_800u, message.Record!.Ttl);
        CollectionAssert.AreEqual(Peer.Bytes.ToArray(), message.Record.Publisher.ToArray());
    }

    [TestMethod]
    [DataRow("19080012062f762f6c61621a0d0a062f762f6c616212036f6e65", "2f762f6c6162", "2f762f6c6162")]
    [DataRow("1108001a0d0a062f762f6c616212036f6e65", "", "2f762f6c6162")]
    [DataRow("1a080012072f762f6c6162581a0d0a062f762f6c616212036f6e65", "2f762f6c616258", "2f762f6c6162")]
    public void Keys_of_message_and_record_are_told_apart(string frame, string key, string recordKey)
    {
        Assert.IsTrue(KadReader.TryRead(Convert.FromHexString(frame).AsSpan(1), out var message, out _));
        Assert.AreEqual(key, ProtocolVectors.Hex(message.Key.Span));
        Assert.AreEqual(recordKey, ProtocolVectors.Hex(message.Record!.Key.Span));
    }

    [TestMethod]
    public void A_record_in_two_pieces_is_one()
    {
        var bytes = new KadRpc { Record = new KadRpcRecord { Key = ByteString.CopyFromUtf8("k") } }.ToByteArray()
            .Concat(new KadRpc { Record = new KadRpcRecord { Value = ByteString.CopyFromUtf8("v") } }.ToByteArray()).ToArray();
        Assert.IsTrue(KadReader.TryRead(bytes, out var message, out _));
        Assert.AreEqual("k", Encoding.UTF8.GetString(message.Record!.Key.Span));
        Assert.AreEqual("v", Encoding.UTF8.GetString(message.Record.Value.Span));
    }

    private static KadRpcPeer PeerOf(byte[] id)
    {
        var peer = new KadRpcPeer { Id = ByteString.CopyFrom(id) };
        peer.Addrs.Add(ByteString.CopyFrom(Address));
        return peer;
    }

    private static KadMessage Read(KadRpc rpc)
    {
        Assert.IsTrue(KadReader.TryRead(rpc.ToByteArray(), out var message, out var fault), fault.ToString());
        return message;
    }
}
