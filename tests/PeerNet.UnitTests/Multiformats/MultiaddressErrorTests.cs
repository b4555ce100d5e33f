using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class MultiaddressErrorTests
{
    private const string Peer = "12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC";

    [TestMethod]
    [DataRow("/ip4/ip-10-0-1-78.eu-west-1.compute.internal/tcp/0", 6, "/dns4/NAME")]
    [DataRow("/ip4/127.0.0.1/10050", 16, "/tcp/10050")]
    [DataRow("127.0.0.1:4001", 1, "/ip4/192.0.2.1/tcp/4001")]
    [DataRow("/ip4/1.2.3.4/tcp/70000", 18, "a port from 0 to 65535")]
    [DataRow("/ip6/fe80::1%eth0/tcp/4001", 6, "/ip6zone/eth0/ip6/fe80::1")]
    [DataRow("/ip6/[::1]/tcp/4001", 6, "without brackets")]
    [DataRow("/ip6/1.2.3.4", 6, "/ip4/ADDRESS")]
    [DataRow("/ip4/::1", 6, "/ip6/ADDRESS")]
    [DataRow(" /ip4/1.2.3.4", 1, "no white space in front")]
    [DataRow("docker exec mina coda advanced add-peers /ip4/127.0.0.1/tcp/8302", 1, "an address alone")]
    [DataRow("/ip4/1.2.3.4//tcp/1", 14, "one slash")]
    [DataRow("/ip4/1.2.3.4/TCP/1", 14, "lower case")]
    [DataRow("/ip4/1.2.3.4/tcp", 17, "lacks its value")]
    [DataRow("/ip4/1.2.3.4/tcp/1/p2p/12D3", 24, "a peer id")]
    [DataRow("", 1, "at least one component")]
    public void Says_where_the_mistake_is_and_what_was_expected(string text, int character, string hint)
    {
        Assert.IsFalse(Multiaddress.TryParse(text, out _, out var error));
        Assert.Contains($"at character {character},", error);
        Assert.Contains(hint, error);
        Assert.Contains(text, error);
        Assert.AreEqual(error, Assert.ThrowsExactly<FormatException>(() => Multiaddress.Parse(text)).Message);
    }

    [TestMethod]
    public void Reads_an_address_that_only_a_transport_can_find_wanting()
    {
        Assert.IsTrue(Multiaddress.TryParse("/ip4/1.2.3.4", out var bare));
        Assert.IsTrue(Multiaddress.TryParse("/ip4/1.2.3.4/", out var slash));
        Assert.AreEqual(bare, slash);
        Assert.AreEqual(MultiaddressTransport.None, bare.GetTransport());
        Assert.IsTrue(Multiaddress.TryParse($"/ip4/127.0.0.1/tcp/8302/p2p/{Peer}", out _));
    }

    [TestMethod]
    [DataRow(1 << 20)]
    [DataRow(Multiaddress.MaxTextLength + 1)]
    public void Refuses_too_long_a_text_by_its_length_alone(int length)
    {
        Assert.IsFalse(Multiaddress.TryParse("/dns/" + new string('a', length - 5), out _, out var error));
        Assert.IsLessThan(200, error.Length);
        Assert.Contains($"{length}", error);
    }

    [TestMethod]
    public void Keeps_its_message_short_and_printable()
    {
        var hostile = "/ip6/" + new string('\n', 4000) + "%" + new string('\u001b', 4000) + "\ud800";
        Assert.IsFalse(Multiaddress.TryParse(hostile, out _, out var error));
        Assert.IsLessThan(4096, error.Length);
        Assert.IsFalse(error.Any(c => char.IsControl(c) || char.IsSurrogate(c)));
    }

    [TestMethod]
    public void Refuses_text_that_has_no_utf8_form() => Assert.IsFalse(Multiaddress.TryParse("/dns/a\ud800b", out _));

    [TestMethod]
    public void Reads_up_to_the_largest_address_and_no_further()
    {
        var fits = Multiaddress.Parse("/dns/" + new string('a', Multiaddress.MaxBytes - 3));
        Assert.AreEqual(Multiaddress.MaxBytes, fits.Bytes.Length);
        Assert.IsFalse(Multiaddress.TryParse("/dns/" + new string('a', Multiaddress.MaxBytes - 2), out _));
        Assert.IsFalse(fits.TryEncapsulate(Multiaddress.Parse("/tls"), out _));
        Assert.IsFalse(Multiaddress.TryDecode([.. fits.Bytes.Span, 0xc0, 0x03], out _));
        Assert.IsFalse(Multiaddress.TryDecodeLenient([.. fits.Bytes.Span, 0xc0, 0x03], out _));

        var flags = string.Concat(Enumerable.Repeat("/p2p-webrtc-direct", Multiaddress.MaxBytes / 2));
        Assert.IsLessThan(Multiaddress.MaxTextLength, flags.Length);
        Assert.AreEqual(512, Multiaddress.Parse(flags).Count);
        Assert.IsFalse(Multiaddress.TryParse(flags + "/tls", out _, out var error));
        Assert.Contains("too long", error);
    }

    [TestMethod]
    public void Reads_nested_circuits_as_any_other_components()
    {
        var text = string.Concat(Enumerable.Repeat($"/p2p/{Peer}/p2p-circuit", 20));
        Assert.AreEqual(40, Multiaddress.Parse(text).Count);
        Assert.AreEqual(MultiaddressTransport.Circuit, Multiaddress.Parse(text).GetTransport());
    }
}
