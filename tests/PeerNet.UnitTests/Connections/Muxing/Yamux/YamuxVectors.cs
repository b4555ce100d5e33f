using System.Text.Json;
using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>Frames that go-yamux v5.1.0 wrote, and its answers to a scripted peer.</summary>
internal static class YamuxVectors
{
    private static readonly Lazy<JsonElement> File = new(() =>
    {
        using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(TestData.PathOf("yamux", "yamux.json")));
        return document.RootElement.Clone();
    });

    public static IEnumerable<JsonElement> Headers => File.Value.GetProperty("headers").EnumerateArray();

    public static IEnumerable<JsonElement> Scenarios => File.Value.GetProperty("scenarios").EnumerateArray();

    public static IEnumerable<JsonElement> Hostile => File.Value.GetProperty("hostile").EnumerateArray();

    public static string Name(JsonElement row) => row.GetProperty("name").GetString()!;

    public static YamuxHeader Header(JsonElement frame)
    {
        Assert.IsTrue(YamuxHeader.TryDecode(Convert.FromHexString(frame.GetProperty("header").GetString()!), out var header));
        return header;
    }

    /// <summary>Bytes as the file spells them: hex, perhaps followed by a count of zeros.</summary>
    public static byte[] Bytes(string text)
    {
        var parts = text.Split(" + ");
        var bytes = Convert.FromHexString(parts[0]);
        return parts.Length == 1 ? bytes : [.. bytes, .. new byte[int.Parse(parts[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)]];
    }

    public static YamuxFlags Flags(JsonElement frame)
    {
        var flags = YamuxFlags.None;
        foreach (var flag in frame.GetProperty("flags").EnumerateArray())
            flags |= Enum.Parse<YamuxFlags>(flag.GetString()!, ignoreCase: true);
        return flags;
    }
}
