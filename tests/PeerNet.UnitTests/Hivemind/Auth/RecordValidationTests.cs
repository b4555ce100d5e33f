using System.Text;
using System.Text.Json;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Hivemind.Auth;

[TestClass]
public sealed class RecordValidationTests
{
    private static readonly Lazy<RsaPssSigner> KeyA = new(() => RsaPssSigner.FromPem(HivemindVectors.Load("signed-records.json").GetProperty("keys").GetProperty("a").Text("privatePem")));

    [TestMethod]
    public void Captured_records_get_the_verdict_of_Python()
    {
        var validator = new RsaRecordValidator(KeyA.Value);
        foreach (var entry in HivemindVectors.Entries("signed-records.json"))
        {
            var record = new DhtRecord(HivemindVectors.Id(entry.Text("key")), entry.Hex("subkeyTag"), entry.Hex("value"), new DhtExpiration(HivemindVectors.Number(entry.GetProperty("expiration"))));
            var stripped = record with { Value = validator.Strip(record) };
            Assert.AreEqual(entry.Text("stripped"), Convert.ToHexStringLower(stripped.Value.Span), entry.Text("name"));
            Assert.AreEqual(entry.Text("signedBytes"), Convert.ToHexStringLower(stripped.ToSignedBytes()), entry.Text("name"));

            // An owner that is no key fails the whole call in Python; here the record alone.
            Assert.AreEqual(entry.GetProperty("valid").ValueKind == JsonValueKind.True, validator.Validate(record), entry.Text("name"));
        }
    }

    [TestMethod]
    public void Keys_have_the_text_of_OpenSSH()
    {
        foreach (var key in HivemindVectors.Load("signed-records.json").GetProperty("keys").EnumerateObject())
        {
            var signer = RsaPssSigner.FromPem(key.Value.Text("privatePem"));
            Assert.AreEqual(key.Value.Text("openssh"), OpenSshKey.ToText(signer.PublicKey));
            Assert.IsTrue(OpenSshKey.TryParse(Encoding.ASCII.GetBytes(key.Value.Text("openssh")), out var parsed));
            Assert.AreEqual(signer.PublicKey, parsed);
            Assert.IsTrue(parsed.Verify([1, 2], signer.Sign([1, 2])), key.Name);
            Assert.IsFalse(parsed.Verify([1, 3], signer.Sign([1, 2])), key.Name);
        }
    }

    [TestMethod]
    public void Signs_what_is_its_own_and_nothing_else()
    {
        var validator = new RsaRecordValidator(KeyA.Value);
        var own = new DhtRecord(DhtId.OfKey("k"), HivemindValue.Bytes(validator.OwnerMarker.Span).ToBytes(), new byte[] { 5 }, new DhtExpiration(1e9));
        var signed = own with { Value = validator.Sign(own) };
        Assert.AreEqual(1 + 356, signed.Value.Length);
        Assert.IsTrue(validator.Validate(signed));
        Assert.IsFalse(validator.Validate(own));
        Assert.IsFalse(validator.Validate(signed with { Expiration = signed.Expiration.Next() }));
        var plain = own with { Tag = HivemindValue.Bytes("x"u8).ToBytes() };
        Assert.AreEqual(1, validator.Sign(plain).Length);
        Assert.IsTrue(validator.Validate(plain));
    }

    [TestMethod]
    public void A_training_record_passes_signature_then_schema()
    {
        var progress = SchemaType.Struct(
            ("peer_id", SchemaType.Bytes), ("epoch", SchemaType.Integer(0)), ("samples_accumulated", SchemaType.Integer(0)),
            ("samples_per_second", SchemaType.Float(0)), ("time", SchemaType.Float(0)), ("client_mode", SchemaType.Boolean));
        var schema = new SchemaValidator("run", [new("progress", SchemaType.Dictionary(SchemaType.OwnedBytes, SchemaType.Optional(progress)))]);
        var validators = new RecordValidators([new RsaRecordValidator(KeyA.Value), schema]);
        var captured = HivemindVectors.Entries("progress.json", "records").Single();
        var subkey = HivemindValue.Bytes(captured.Hex("subkey"));
        var record = new DhtRecord(HivemindVectors.Id(captured.Text("keyId")), subkey.ToBytes(), captured.Hex("value"), new DhtExpiration(captured.GetProperty("expiration").GetDouble()));
        Assert.IsTrue(validators.Validate(record));
        Assert.IsTrue(ValueReader.TryRead(validators.Strip(record).Span, out var value));
        Assert.AreEqual((HivemindValue)captured.GetProperty("decoded").GetProperty("epoch").GetInt32(), ((MapValue)value)["epoch"]);
    }

    [TestMethod]
    public void Schemas_convert_nothing()
    {
        var key = DhtId.OfKey("run_n");
        var schema = new SchemaValidator("run", [new("n", SchemaType.Integer(0, 9)), new("f", SchemaType.Float())], allowExtraKeys: false);
        Assert.IsTrue(Good(key, 5));
        Assert.IsFalse(Good(key, 10));
        Assert.IsFalse(Good(key, 5.0));
        Assert.IsFalse(Good(DhtId.OfKey("run_f"), 5));
        Assert.IsFalse(Good(DhtId.OfKey("other"), 5));
        Assert.IsTrue(new RecordValidators([schema, new SchemaValidator("run", [new("n", SchemaType.Text)])]).Validate(Record(key, "text")));

        bool Good(DhtId id, HivemindValue value) => schema.Validate(Record(id, value));
        static DhtRecord Record(DhtId id, HivemindValue value) => new(id, DhtRecord.RegularTag, value.ToBytes(), new DhtExpiration(1));
    }

    [TestMethod]
    public void Insane_keys_are_none()
    {
        Assert.IsFalse(RsaPssKey.TryCreate(new byte[256], [1, 0, 1], out _));
        var modulus = KeyA.Value.PublicKey.Modulus.Span;
        Assert.IsFalse(RsaPssKey.TryCreate(modulus, [1], out _));
        Assert.IsFalse(RsaPssKey.TryCreate(modulus, [2], out _));
        Assert.IsFalse(RsaPssKey.TryCreate(modulus[..128], [1, 0, 1], out _));
        Assert.IsFalse(KeyA.Value.PublicKey.Verify([], Enumerable.Repeat((byte)0xFF, 256).ToArray()));
    }
}
