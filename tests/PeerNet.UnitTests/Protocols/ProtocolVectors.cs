using System.Text.Json;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Protocols;

/// <summary>A golden vector file of a protocol's folder under <c>testdata</c>.</summary>
internal static class ProtocolVectors
{
    public static IReadOnlyList<JsonElement> Rows(string folder, string file, string list)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf(folder, file)));
        var rows = document.RootElement.GetProperty(list).EnumerateArray().Select(row => row.Clone()).ToArray();
        Assert.AreNotEqual(0, rows.Length, $"{list} is empty");
        return rows;
    }

    public static byte[] Bytes(this JsonElement row, string field) => Convert.FromHexString(row.GetProperty(field).GetString()!);

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>The texts of a list; empty when the field is absent.</summary>
    public static string[] TextList(this JsonElement fields, string field)
        => fields.TryGetProperty(field, out var list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];

    /// <summary>A text, or null when the field is absent.</summary>
    public static string? TextOrNull(this JsonElement fields, string field) => fields.TryGetProperty(field, out var text) ? text.GetString() : null;
}
