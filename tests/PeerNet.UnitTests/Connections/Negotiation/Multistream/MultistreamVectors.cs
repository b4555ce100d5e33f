using System.Text.Json;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Connections.Negotiation.Multistream;

/// <summary>What go-multistream writes, and how it takes hostile input.</summary>
internal static class MultistreamVectors
{
    private static readonly JsonElement File = JsonDocument.Parse(System.IO.File.ReadAllBytes(TestData.PathOf("multistream", "multistream.json"))).RootElement;

    public static IEnumerable<object[]> Frames => Rows("frames").Select(row => new object[] { row.GetProperty("text").GetString()!, Hex(row, "hex") });

    public static IEnumerable<object[]> Scenarios => Rows("scenarios").Select(row => new object[] { row.GetProperty("name").GetString()! });

    public static IEnumerable<object[]> HostileToListener => Hostile("listener");

    public static IEnumerable<object[]> HostileToDialer => Hostile("dialer");

    public static JsonElement Find(string list, string name) => Rows(list).Single(row => row.GetProperty("name").GetString() == name);

    /// <summary>All that one side of a scenario wrote.</summary>
    public static byte[] Written(JsonElement scenario, string side)
        => [.. scenario.GetProperty("writes").EnumerateArray().Where(write => write.GetProperty("from").GetString() == side).SelectMany(write => Hex(write, "hex"))];

    public static byte[][] Sent(JsonElement hostile) => [.. hostile.GetProperty("sent").EnumerateArray().Select(piece => Convert.FromHexString(piece.GetString()!))];

    public static byte[] Hex(JsonElement row, string field) => Convert.FromHexString(row.GetProperty(field).GetString()!);

    private static IEnumerable<object[]> Hostile(string victim)
        => Rows("hostile").Where(row => row.GetProperty("victim").GetString() == victim).Select(row => new object[] { row.GetProperty("name").GetString()! });

    private static IEnumerable<JsonElement> Rows(string list) => File.GetProperty(list).EnumerateArray();
}
