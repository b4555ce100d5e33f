using System.Text.Json;
using PeerNet.Hivemind.Auth;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>
/// Schemas as JSON: <c>{"prefix", "fields": {name: type}, "allowExtraKeys"}</c>. Types are <c>int float str bool bytes any owner</c>,
/// <c>["dict",K,V]</c>, <c>["list",T]</c>, <c>["tuple",T…]</c>, <c>["optional",T]</c>, <c>{"struct":{…}}</c>, <c>{"int":{"ge":0}}</c>,
/// <c>{"float":{"ge":0.0}}</c>; <c>"progress"</c> in place of the fields is Hivemind's own schema of training progress.
/// </summary>
internal static class SchemaJson
{
    private static readonly SchemaType Progress = SchemaType.Dictionary(SchemaType.OwnedBytes, SchemaType.Optional(SchemaType.Struct(
        ("peer_id", SchemaType.Bytes),
        ("epoch", SchemaType.Integer(min: 0)),
        ("samples_accumulated", SchemaType.Integer(min: 0)),
        ("samples_per_second", SchemaType.Float(min: 0)),
        ("time", SchemaType.Float()),
        ("client_mode", SchemaType.Boolean))));

    /// <exception cref="ControlException">It is no schema.</exception>
    public static SchemaValidator Parse(JsonElement schema)
    {
        try
        {
            var fields = schema.GetProperty("fields");
            var types = fields.ValueKind == JsonValueKind.String
                ? fields.GetString() == "progress" ? [KeyValuePair.Create("progress", Progress)] : throw Unknown(fields)
                : fields.EnumerateObject().Select(field => KeyValuePair.Create(field.Name, Type(field.Value))).ToArray();
            return new SchemaValidator(schema.Member("prefix")?.GetString(), types, schema.Member("allowExtraKeys") is not { ValueKind: JsonValueKind.False });
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException or FormatException)
        {
            throw new ControlException(ControlErrors.InvalidParameters, $"no schema: {error.Message}");
        }
    }

    private static SchemaType Type(JsonElement type) => type.ValueKind switch
    {
        JsonValueKind.String => type.GetString() switch
        {
            "int" => SchemaType.Integer(),
            "float" => SchemaType.Float(),
            "str" => SchemaType.Text,
            "bool" => SchemaType.Boolean,
            "bytes" => SchemaType.Bytes,
            "any" => SchemaType.Any,
            "owner" => SchemaType.OwnedBytes,
            _ => throw Unknown(type),
        },
        JsonValueKind.Array => type[0].GetString() switch
        {
            "dict" => SchemaType.Dictionary(Type(type[1]), Type(type[2])),
            "list" => SchemaType.List(Type(type[1])),
            "tuple" => SchemaType.Tuple([.. type.EnumerateArray().Skip(1).Select(Type)]),
            "optional" => SchemaType.Optional(Type(type[1])),
            _ => throw Unknown(type),
        },
        JsonValueKind.Object => Bounded(type.EnumerateObject().Single()),
        _ => throw Unknown(type),
    };

    private static SchemaType Bounded(JsonProperty type) => type.Name switch
    {
        "struct" => SchemaType.Struct([.. type.Value.EnumerateObject().Select(field => (field.Name, Type(field.Value)))]),
        "int" => SchemaType.Integer(type.Value.Member("ge")?.GetInt64(), type.Value.Member("le")?.GetInt64()),
        "float" => SchemaType.Float(type.Value.Member("ge")?.GetDouble(), type.Value.Member("le")?.GetDouble()),
        _ => throw new FormatException($"there is no type {type.Name}"),
    };

    private static FormatException Unknown(JsonElement type) => new($"there is no type {type.GetRawText()}");
}
