using System.Text.Json;

namespace PeerNet.Identity.Files;

/// <summary>Finds <c>Identity.PeerID</c> and <c>Identity.PrivKey</c> in a Kubo configuration without making strings of the secret.</summary>
internal static class KuboConfig
{
    /// <summary>Null if there is no such pair; the key is still base64.</summary>
    public static (byte[] PrivateKey, string? PeerId)? Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !MoveToProperty(ref reader, "Identity"u8) || reader.TokenType != JsonTokenType.StartObject)
                return null;

            byte[]? privateKey = null;
            string? peerId = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isKey = reader.ValueTextEquals("PrivKey"u8);
                var isId = reader.ValueTextEquals("PeerID"u8);
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                    reader.Skip();
                else if (isKey)
                    privateKey = CopyText(ref reader);
                else if (isId)
                    peerId = reader.GetString();
            }

            return privateKey is null ? null : (privateKey, peerId);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is the reader's answer to text that is no UTF-8.
            return null;
        }
    }

    /// <summary>Within the object just entered, stops at the value of the named property.</summary>
    private static bool MoveToProperty(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            if (found)
                return true;
            reader.Skip();
        }

        return false;
    }

    private static byte[] CopyText(ref Utf8JsonReader reader)
    {
        var text = new byte[reader.ValueSpan.Length];
        return text[..reader.CopyString(text)];
    }
}
