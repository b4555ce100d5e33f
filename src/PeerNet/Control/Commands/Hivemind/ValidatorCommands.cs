using System.Security.Cryptography;
using System.Text.Json.Nodes;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>Signed and checked records: <c>rsaOwnKey storeProtected signRecord validateRecord schemaValidator</c>.</summary>
internal static class ValidatorCommands
{
    public static void Add(ControlCommandTable table, PeerNode node, HivemindDht dht)
    {
        var time = node.Swarm.Time;
        var validators = dht.Context.Validators;
        table.Add("rsaOwnKey", _ =>
        {
            var own = Own(validators);
            using var key = RSA.Create();
            key.ImportFromPem(own.Key.ExportPem());
            return new JsonObject
            {
                ["marker"] = System.Text.Encoding.ASCII.GetString(own.OwnerMarker.Span),
                ["publicPem"] = key.ExportSubjectPublicKeyInfoPem(),
                ["privatePem"] = own.Key.ExportPem(),
            };
        });
        table.Add("storeProtected", async (request, token) =>
        {
            var arguments = request.Arguments;
            var prefix = RecordArguments.Value(arguments, "subkey") switch
            {
                BytesValue bytes => bytes.Value,
                TextValue text => System.Text.Encoding.UTF8.GetBytes(text.Value),
                _ => default,
            };
            var subkey = new BytesValue((byte[])[.. prefix.Span, .. Own(validators).OwnerMarker.Span]);
            var expiration = RecordArguments.Expiration(arguments, time);
            var item = new DhtStoreItem(RecordArguments.Key(arguments), RecordArguments.Value(arguments, "value"), expiration, Subkey.Of(subkey));
            var stored = await dht.StoreManyAsync([item], request.Flag("excludeSelf"), token).ConfigureAwait(false);
            return new JsonObject { ["stored"] = stored[0], ["expiration"] = HivemindJson.ToJson(expiration), ["subkey"] = HivemindJson.ToJson(subkey) };
        });
        table.Add("signRecord", request =>
        {
            var record = RecordArguments.Record(request.Arguments, time);
            return new JsonObject
            {
                ["hex"] = Convert.ToHexStringLower(validators.Sign(record).Span),
                ["tag"] = Convert.ToHexStringLower(record.Tag.Span),
                ["expiration"] = HivemindJson.ToJson(record.Expiration),
                ["signed"] = Convert.ToHexStringLower(record.ToSignedBytes()),
            };
        });
        table.Add("validateRecord", request =>
        {
            var record = RecordArguments.Record(request.Arguments, time);
            return new JsonObject { ["valid"] = validators.Validate(record), ["stripped"] = Convert.ToHexStringLower(validators.Strip(record).Span) };
        });
        table.Add("schemaValidator", request =>
        {
            dht.AddValidators(SchemaJson.Parse(request.Arguments));
            return new JsonObject { ["validators"] = Shapes.List(validators.All.Select(validator => validator.GetType().Name)) };
        });
    }

    private static RsaRecordValidator Own(RecordValidators validators)
        => validators.All.OfType<RsaRecordValidator>().FirstOrDefault() ?? throw new ControlException(ControlErrors.InvalidParameters, "this node signs no records");
}
