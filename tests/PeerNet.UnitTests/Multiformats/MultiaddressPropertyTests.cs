using System.Net;
using CsCheck;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
[TestCategory("Property")]
public sealed class MultiaddressPropertyTests
{
    private static readonly string[] Flags =
        ["/tls", "/noise", "/ws", "/wss", "/quic", "/quic-v1", "/webtransport", "/webrtc", "/webrtc-direct", "/p2p-circuit", "/http", "/https", "/utp", "/udt"];

    private static readonly Gen<string> Component = Gen.OneOf(
        Gen.Byte.Array[4].Select(bytes => $"/ip4/{new IPAddress(bytes)}"),
        Gen.OneOf(Gen.Byte.Array[16], Gen.Byte[0, 1].Array[16]).Select(bytes => $"/ip6/{Ip6Format.Instance.Format(bytes)}"),
        Gen.Select(Among("tcp", "udp", "sctp", "dccp"), Gen.UShort, (name, port) => $"/{name}/{port}"),
        Gen.Select(Among("dns", "dns4", "dns6", "dnsaddr", "sni", "ip6zone"), Gen.String[Gen.Char.AlphaNumeric, 1, 30], (name, host) => $"/{name}/{host}"),
        Gen.Byte.Array[32].Select(digest => $"/p2p/{Multihash.FromDigest(MultihashCode.Sha256, digest)}"),
        Gen.Byte.Array[0, 42].Select(digest => $"/p2p/{Multihash.Identity(digest)}"),
        Gen.Byte.Array[0, 40].Select(digest => $"/certhash/{Multibase.Encode(MultibaseEncoding.Base32, Multihash.FromDigest(MultihashCode.Sha512, digest).Bytes.Span)}"),
        Gen.Byte.Array[1, 30].Select(path => $"/http-path/{HttpPathFormat.Instance.Format(path)}"),
        Gen.ULong.Select(number => $"/memory/{number}"),
        Gen.Byte.Select(length => $"/ipcidr/{length}"),
        Gen.Select(Gen.Byte.Array[10], Gen.UShort[1, ushort.MaxValue], (key, port) => $"/onion/{Onion(key)}:{port}"),
        Among(Flags));

    [TestMethod]
    public void Round_trips_any_address_through_both_forms()
        => Component.List[1, 8].Sample(components =>
        {
            var text = string.Concat(components);
            Assert.IsTrue(Multiaddress.TryParse(text, out var address, out var error), error);
            Assert.HasCount(components.Count, address.Components);

            Assert.IsTrue(Multiaddress.TryDecode(address.Bytes.Span, out var decoded), text);
            Assert.AreEqual(address, decoded);
            Assert.AreEqual(address.ToString(), decoded.ToString());
            Assert.AreEqual(address, Multiaddress.Parse(address.ToString()));
            Assert.AreEqual(address.ToString(), Multiaddress.Parse(address.ToString()).ToString());

            for (var cut = 1; cut < address.Count; cut++)
                Assert.AreEqual(address, address.Slice(0, cut)!.Encapsulate(address.Slice(cut, address.Count - cut)!));
        }, iter: 2_000);

    [TestMethod]
    public void Reads_no_bytes_two_ways()
        => Gen.OneOf(Gen.Byte.Array[0, 60], Component.List[1, 5].Select(Gen.Byte.Array[0, 6], (components, tail) => (byte[])[.. Multiaddress.Parse(string.Concat(components)).Bytes.Span, .. tail]))
            .Sample(bytes =>
            {
                var strict = Multiaddress.TryDecode(bytes, out var address);
                Assert.AreEqual(strict, Multiaddress.IsValid(bytes));
                if (!Multiaddress.TryDecodeLenient(bytes, out var lenient))
                {
                    Assert.IsFalse(strict);
                    return;
                }

                Assert.AreEqual(strict, !lenient.HasUnknown);
                CollectionAssert.AreEqual(bytes, lenient.Bytes.ToArray());
                Assert.AreEqual(lenient, Multiaddress.Create(lenient.Components.AsSpan()));
                _ = lenient.ToString();
            }, iter: 10_000);

    [TestMethod]
    public void Prints_ip6_as_the_platform_reads_it()
        => Gen.OneOf(Gen.Byte.Array[16], Gen.Byte[0, 1].Array[16]).Sample(bytes =>
        {
            var text = Ip6Format.Instance.Format(bytes);
            Assert.AreEqual(new IPAddress(bytes), IPAddress.Parse(text));
            var back = new byte[16];
            Assert.IsTrue(Ip6Format.Instance.TryParse(text, back, out _));
            CollectionAssert.AreEqual(bytes, back);
        }, iter: 5_000);

    [TestMethod]
    public void Reads_as_ip4_only_what_prints_the_same()
        => Gen.String[Gen.Char["0123456789."], 0, 16].Sample(text =>
        {
            var bytes = new byte[4];
            if (Ip4Format.TryParseDotted(text, bytes))
                Assert.AreEqual(text, new IPAddress(bytes).ToString());
        }, iter: 10_000);

    [TestMethod]
    public void Never_throws_on_any_text()
        => Gen.OneOf(Gen.String[Gen.Char, 0, 60], Gen.String[Gen.Char["/ip46tcpdns:.%\0 \ud800"], 0, 60]).Sample(text =>
        {
            if (Multiaddress.TryParse("/" + text, out var address, out var error))
                Assert.AreEqual(address, Multiaddress.Parse(address.ToString()));
            else
                Assert.IsFalse(error.Any(char.IsControl));
        }, iter: 5_000);

    private static Gen<string> Among(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Onion(byte[] key) => Multibase.Encode(MultibaseEncoding.Base32, key)[1..];
}
