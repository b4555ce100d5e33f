using System.Text.Json;
using PeerNet.Identity;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Identity;

/// <summary>A golden vector file of <c>testdata/identity</c>, and the identities that occur in it.</summary>
internal static class IdentityVectors
{
    public static JsonElement Open(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("identity", name)));
        return document.RootElement.Clone();
    }

    public static PublicKey PublicKeyOf(byte[] protobuf)
    {
        Assert.IsTrue(PublicKey.TryDecode(protobuf, out var key, out var error), error);
        return key;
    }

    /// <summary>True, false, or null where the list did not ask that stack.</summary>
    public static bool? Verdict(this JsonElement row, string field)
        => row.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : null;
}
