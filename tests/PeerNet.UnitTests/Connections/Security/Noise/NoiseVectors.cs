using System.Text.Json;
using PeerNet.Connections.Security.Noise;
using PeerNet.Identity;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Connections.Security.Noise;

/// <summary>The recorded handshakes of <c>testdata/noise</c>.</summary>
internal static class NoiseVectors
{
    private static readonly Lazy<JsonDocument> Document = new(() => JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("noise", "noise.json"))));

    public static IEnumerable<JsonElement> Handshakes => Document.Value.RootElement.GetProperty("handshakes").EnumerateArray();

    public static IEnumerable<JsonElement> Hostile => Document.Value.RootElement.GetProperty("negative").EnumerateArray();

    public static string Name(this JsonElement vector) => vector.GetProperty("name").GetString()!;

    public static byte[] Bytes(this JsonElement vector, string name)
        => vector.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Convert.FromHexString(value.GetString()!) : [];

    public static byte[] Secret(this JsonElement vector, string name) => vector.GetProperty(name).Bytes("private");

    /// <summary>The length prefix is the transport's: machines see what is behind it.</summary>
    public static byte[] Message(this JsonElement vector, string name) => vector.Bytes(name) is { Length: > 1 } framed ? framed[2..] : [];

    public static List<string> Names(this JsonElement vector, string name)
        => vector.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(e => e.GetString()!)] : [];

    public static NoiseStaticKey StaticKey(this JsonElement vector, string role)
    {
        var identity = PrivateKey.Decode(vector.GetProperty(role + "Identity").Bytes("private"));
        return new NoiseStaticKey(identity, vector.Secret(role + "Static"));
    }
}
