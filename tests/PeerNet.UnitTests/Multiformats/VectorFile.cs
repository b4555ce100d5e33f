using System.Text.Json;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Multiformats;

/// <summary>A golden vector file of <c>testdata/multiformats</c>.</summary>
internal static class VectorFile
{
    public static JsonElement Open(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("multiformats", name)));
        return document.RootElement.Clone();
    }

    public static IReadOnlyList<JsonElement> Rows(this JsonElement file, string list)
    {
        var rows = file.GetProperty(list).EnumerateArray().ToArray();
        Assert.AreNotEqual(0, rows.Length, $"{list} is empty");
        return rows;
    }

    public static string Text(this JsonElement row, string field) => row.GetProperty(field).GetString()!;

    public static byte[] Bytes(this JsonElement row, string field) => Convert.FromHexString(row.Text(field));

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
