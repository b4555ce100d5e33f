using System.Text.Json;

namespace PeerNet.Testing.Interop;

/// <summary>Short ways into replies and events. A missing member is null or empty, as peers leave out what they do not know.</summary>
public static class JsonElementExtensions
{
    /// <summary>A member of an object, or null.</summary>
    public static JsonElement? Member(this JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text member, or null.</summary>
    public static string? Text(this JsonElement element, string name) => element.Member(name)?.GetString();

    /// <summary>A number, or null.</summary>
    public static double? Number(this JsonElement element, string name) => element.Member(name)?.GetDouble();

    /// <summary>Whether a member is there and true.</summary>
    public static bool IsTrue(this JsonElement element, string name) => element.Member(name)?.ValueKind == JsonValueKind.True;

    /// <summary>The elements of an array member; empty when it is missing.</summary>
    public static IReadOnlyList<JsonElement> Items(this JsonElement element, string name)
        => element.Member(name) is { } array ? [.. array.EnumerateArray()] : [];

    /// <summary>The texts of an array member; empty when it is missing.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement element, string name)
        => [.. element.Items(name).Select(item => item.GetString()!)];
}
