using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>Messages as UTF-8 JSON. JSON's <c>null</c> is no message.</summary>
/// <param name="type">How the type is written, from a source-generated context.</param>
public sealed class JsonMessageCodec<T>(JsonTypeInfo<T> type) : IMessageCodec<T>
    where T : class
{
    /// <inheritdoc />
    public void Encode(T message, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, message, type);
    }

    /// <inheritdoc />
    public bool TryDecode(ReadOnlySpan<byte> bytes, [MaybeNullWhen(false)] out T message)
    {
        try
        {
            message = JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException)
        {
            message = null;
        }

        return message is not null;
    }
}
