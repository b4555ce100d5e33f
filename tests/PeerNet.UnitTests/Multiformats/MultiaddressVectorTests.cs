using System.Text.Json;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class MultiaddressVectorTests
{
    private static readonly JsonElement Vectors = VectorFile.Open("multiaddr.json");

    [TestMethod]
    public void Knows_every_protocol_of_the_table()
    {
        var rows = Vectors.Rows("protocols");
        foreach (var row in rows)
        {
            var protocol = MultiaddressProtocol.Find(row.GetProperty("code").GetUInt64());
            Assert.IsNotNull(protocol, row.Text("name"));
            Assert.AreEqual(row.Text("name"), protocol.Name);
            Assert.AreSame(protocol, MultiaddressProtocol.Find(row.Text("name")));
            Assert.AreEqual(row.GetProperty("path").GetBoolean(), protocol.IsPath);
            var size = row.GetProperty("bytes");
            Assert.AreEqual(size.ValueKind == JsonValueKind.Number ? size.GetInt32() : ValueFormat.Variable, protocol.Format.Size);
        }

        Assert.HasCount(rows.Count, MultiaddressProtocol.Known);
    }

    // Rust and js refuse a few of these texts (CIDs and trailing slashes in rust, /ip4/::ffff:… in both): we read what go reads.
    [TestMethod]
    public void Reads_and_prints_every_valid_address()
    {
        foreach (var row in Vectors.Rows("valid"))
        {
            var text = row.Text("text");
            Assert.IsTrue(Multiaddress.TryParse(text, out var address, out var error), error);
            Check(row, address);
            Assert.AreEqual(row.Text("hex"), VectorFile.Hex(address.Bytes.Span), text);

            Assert.IsTrue(Multiaddress.TryParse(address.ToString(), out var again));
            Assert.AreEqual(address, again);
            Assert.IsTrue(Multiaddress.TryDecode(row.Bytes("hex"), out var decoded), text);
            Assert.AreEqual(address, decoded);
            Assert.AreEqual(address.GetHashCode(), decoded.GetHashCode());
            Check(row, decoded);
        }
    }

    // Values that go carries although no text makes them; rust and js differ on those that are not UTF-8.
    [TestMethod]
    public void Carries_binary_values_that_no_text_makes()
    {
        foreach (var row in Vectors.Rows("validBinary"))
        {
            Assert.IsTrue(Multiaddress.TryDecode(row.Bytes("hex"), out var address), row.Text("note"));
            Check(row, address);
            Assert.AreEqual(row.Text("hex"), VectorFile.Hex(address.Bytes.Span));
        }
    }

    // The list is what go refuses, and one text go takes by accident (/ip6/1.2.3.4): we refuse them all, also where
    // rust, js or python are laxer, so that nothing we take is refused by the strictest reader.
    [TestMethod]
    public void Refuses_every_invalid_text()
    {
        foreach (var row in Vectors.Rows("invalidText"))
        {
            var text = row.Text("text");
            Assert.IsFalse(Multiaddress.TryParse(text, out var address, out var error), text);
            Assert.IsNull(address);
            Assert.IsFalse(string.IsNullOrEmpty(error));
            Assert.IsFalse(error.Any(char.IsControl), error);
            Assert.ThrowsExactly<FormatException>(() => Multiaddress.Parse(text));
        }
    }

    // js looks neither inside values nor at their announced length, python not at their end; we follow go.
    [TestMethod]
    public void Refuses_every_invalid_byte_string()
    {
        foreach (var row in Vectors.Rows("invalidBinary"))
        {
            Assert.IsFalse(Multiaddress.TryDecode(row.Bytes("hex"), out _), $"{row.Text("class")} {row.Text("note")}");
            Assert.IsFalse(Multiaddress.IsValid(row.Bytes("hex")));

            // Only an unknown code behind a known one is kept by the lenient reader.
            var kept = row.Text("class") == "unknownCode" && row.Text("hex").StartsWith("047f000001", StringComparison.Ordinal);
            Assert.AreEqual(kept, Multiaddress.TryDecodeLenient(row.Bytes("hex"), out _), row.Text("note"));
        }
    }

    [TestMethod]
    public void Gives_the_verdict_on_every_truncation_that_the_components_give()
    {
        foreach (var row in Vectors.Rows("valid"))
        {
            var bytes = row.Bytes("hex");
            Assert.IsTrue(Multiaddress.TryDecode(bytes, out var address));
            var ends = new HashSet<int>();
            for (var count = 1; count <= address.Count; count++)
                ends.Add(address.Slice(0, count)!.Bytes.Length);
            for (var length = 0; length < bytes.Length; length++)
                Assert.AreEqual(ends.Contains(length), Multiaddress.TryDecode(bytes.AsSpan(0, length), out _), $"{row.Text("text")} cut at {length}");
        }
    }

    private static void Check(JsonElement row, Multiaddress address)
    {
        Assert.AreEqual(row.Text("canonical"), address.ToString());
        Assert.IsFalse(address.HasUnknown);
        var components = row.GetProperty("components").EnumerateArray().ToArray();
        Assert.AreEqual(components.Length, address.Count);
        for (var i = 0; i < components.Length; i++)
        {
            Assert.AreEqual(components[i].GetProperty("code").GetUInt64(), address.Components[i].Code);
            Assert.AreEqual(components[i].Text("name"), address.Components[i].Name);
            Assert.AreEqual(components[i].TryGetProperty("value", out var value) ? value.GetString() : "", address.Components[i].ValueText);
            Assert.AreEqual(components[i].TryGetProperty("valueHex", out var hex) ? hex.GetString() : "", VectorFile.Hex(address.Components[i].Value.Span));
        }
    }
}
