using System.Text;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class ValidatorVectorTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [TestMethod]
    public void Records_of_the_library_have_the_same_verdict_and_contents()
    {
        foreach (var row in ProtocolVectors.Rows("kad", "ipns.json", "records"))
        {
            var note = row.GetProperty("note").GetString();
            var isValid = new IpnsValidator().TryValidate(row.Bytes("routingKey"), row.Bytes("record"), Now, out var error);
            Assert.AreEqual(row.GetProperty("valid").GetBoolean(), isValid, $"{note}: {error}");
            var name = PeerId.Parse(row.GetProperty("name").GetString()!);
            CollectionAssert.AreEqual(row.Bytes("routingKey"), IpnsRecord.KeyOf(name), note);
            if (!isValid)
                continue;
            Assert.IsTrue(IpnsRecord.TryVerify(name, row.Bytes("record"), out var record, out error), error);
            if (row.GetProperty("fields").GetProperty("hasV1Fields").GetBoolean())
                Assert.AreEqual(row.GetProperty("fields").GetProperty("sequence").GetString(), record.Sequence.ToString(), note);
        }
    }

    [TestMethod]
    public void Records_made_here_are_the_library_s_byte_for_byte_where_signatures_are_deterministic()
    {
        var made = 0;
        foreach (var row in ProtocolVectors.Rows("kad", "ipns.json", "records"))
        {
            var note = row.GetProperty("note").GetString()!;
            var fields = row.GetProperty("fields");
            using var key = PrivateKey.Decode(row.Bytes("private"));
            Assert.IsTrue(IpnsData.TryRead(fields.Bytes("data"), out var data, out var error), error);
            CollectionAssert.AreEqual(fields.Bytes("data"), data.Write(), note);
            if (key.Type is KeyType.Ed25519 && fields.Bytes("pubKey").Length == 0)
            {
                var record = IpnsRecord.Create(key, data, fields.GetProperty("hasV1Fields").GetBoolean());
                Assert.AreEqual(row.GetProperty("record").GetString(), ProtocolVectors.Hex(record.Bytes.Span), note);
                made++;
            }
        }

        Assert.IsGreaterThan(4, made);
    }

    [TestMethod]
    [DataRow(KeyType.Ed25519)]
    [DataRow(KeyType.Secp256k1)]
    [DataRow(KeyType.Ecdsa)]
    [DataRow(KeyType.Rsa)]
    public void A_record_made_here_is_good(KeyType type)
    {
        using var key = PrivateKey.Generate(type);
        var record = IpnsRecord.Create(key, "/ipfs/bafkqaaa", 7, Now.AddDays(1), TimeSpan.FromHours(1));
        Assert.IsTrue(new IpnsValidator().TryValidate(IpnsRecord.KeyOf(key.PeerId), record.Bytes, Now, out var error), error);
        Assert.IsTrue(IpnsRecord.TryVerify(key.PeerId, record.Bytes, out var read, out _));
        Assert.AreEqual("/ipfs/bafkqaaa", read.Value);
        Assert.AreEqual(7ul, read.Sequence);
        Assert.AreEqual(Now.AddDays(1), read.ValidUntil);
        Assert.AreEqual(TimeSpan.FromHours(1), read.Ttl);
        Assert.IsFalse(new IpnsValidator().TryValidate(IpnsRecord.KeyOf(key.PeerId), record.Bytes, Now.AddDays(2), out _), "It has ended.");
    }

    [TestMethod]
    public void Checks_have_the_library_s_verdict()
    {
        foreach (var row in ProtocolVectors.Rows("kad", "ipns.json", "checks"))
        {
            var isValid = new IpnsValidator().TryValidate(row.Bytes("routingKey"), row.Bytes("record"), Now, out var error);
            Assert.AreEqual(row.GetProperty("valid").GetBoolean(), isValid, $"{row.GetProperty("note").GetString()}: {error}");
            Assert.AreEqual(isValid, error is null);
        }
    }

    [TestMethod]
    public void The_same_copy_is_best()
    {
        var validator = new IpnsValidator();
        foreach (var row in ProtocolVectors.Rows("kad", "ipns.json", "select"))
        {
            var copies = row.TextList("records").Select(Convert.FromHexString).ToArray();
            var best = 0;
            for (var i = 1; i < copies.Length; i++)
            {
                if (validator.Compare(default, copies[i], copies[best]) > 0)
                    best = i;
            }

            // Where the library gives up over a copy that does not parse, the good one is taken.
            var expected = row.GetProperty("selected").GetInt32();
            Assert.AreEqual(expected < 0 ? 1 : expected, best, row.GetProperty("note").GetString());
        }
    }

    [TestMethod]
    public void Public_keys_have_the_library_s_verdict()
    {
        foreach (var row in ProtocolVectors.Rows("kad", "ipns.json", "pk"))
        {
            var isValid = new PublicKeyValidator().TryValidate(row.Bytes("key"), row.Bytes("value"), Now, out var error);
            Assert.AreEqual(row.GetProperty("valid").GetBoolean(), isValid, $"{row.GetProperty("note").GetString()}: {error}");
        }
    }

    [TestMethod]
    public void Keys_are_split_at_the_same_place()
    {
        foreach (var row in ProtocolVectors.Rows("kad", "ipns.json", "splitKey"))
        {
            var key = row.Bytes("key");
            Assert.AreEqual(row.GetProperty("ok").GetBoolean(), ValueKey.TrySplit(key, out var scope, out var rest), row.GetProperty("key").GetString());
            Assert.AreEqual(row.GetProperty("namespace").GetString(), scope);
            Assert.AreEqual(row.GetProperty("rest").GetString(), ProtocolVectors.Hex(rest.Span));
        }
    }

    [TestMethod]
    public void Unknown_namespaces_and_values_that_are_too_long_are_refused()
    {
        var validators = RecordValidators.Default.With(new AnyValueValidator("v"));
        Assert.IsTrue(validators.TryValidate("/v/key"u8.ToArray(), "one"u8.ToArray(), Now, out _));
        Assert.IsFalse(RecordValidators.Default.TryValidate("/v/key"u8.ToArray(), "one"u8.ToArray(), Now, out _));
        Assert.IsFalse(validators.TryValidate("/v/key"u8.ToArray(), new byte[KadProtocol.MaxValueBytes + 1], Now, out _));
        Assert.IsFalse(validators.TryValidate(Encoding.ASCII.GetBytes("/v/" + new string('k', 2_000)), "one"u8.ToArray(), Now, out _));
        Assert.IsFalse(validators.TryValidate("key"u8.ToArray(), "one"u8.ToArray(), Now, out _));
    }

    [TestMethod]
    [DataRow("2024-02-30T00:00:00Z", false)]
    [DataRow("2024-02-29T12:34:56.789012345Z", true)]
    [DataRow("2024-02-29T12:34:56.Z", false)]
    [DataRow("2024-02-29T12:34:56", false)]
    [DataRow("2024-02-29T12:34:56+25:00", false)]
    [DataRow("2024-02-29T12:34:56+02:00", true)]
    [DataRow("0001-01-01T00:00:00+01:00", false)]
    [DataRow("2024-02-29t12:34:56Z", false)]
    public void Times_are_read_as_RFC_3339_has_them(string text, bool isValid)
        => Assert.AreEqual(isValid, Rfc3339Time.TryParse(Encoding.ASCII.GetBytes(text), out _));
}
