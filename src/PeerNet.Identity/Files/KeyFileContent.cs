using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace PeerNet.Identity.Files;

/// <summary>Tells the forms of a key file apart and converts between them and keys. Copies of secrets are cleared.</summary>
internal static class KeyFileContent
{
    public const string KnownForms =
        "a protobuf PrivateKey message (as PeerNet, Hivemind and Kubo's libp2p-protobuf-cleartext write it), its base64 text, "
        + "an unencrypted PKCS#8 PEM (BEGIN PRIVATE KEY) or a Kubo config file with Identity.PrivKey";

    private static readonly SearchValues<byte> HexCharacters = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private static ReadOnlySpan<byte> PemLabel => "PRIVATE KEY"u8;

    public static (PrivateKey Key, KeyFileFormat Format) Read(ReadOnlySpan<byte> content, string name)
    {
        // The protobuf form is looked for first: it may end in bytes that look like white space.
        if (PrivateKey.TryDecode(content, out var key, out var error))
            return (key, KeyFileFormat.Protobuf);

        var text = TrimText(content);
        if (text.StartsWith("{"u8))
            return (ReadKuboConfig(text, name), KeyFileFormat.KuboConfig);
        if (text.StartsWith("-----BEGIN "u8))
            return (ReadPem(text, name), KeyFileFormat.PemPkcs8);
        if (IsHex(text))
            throw new KeyFileException(KeyFileFailure.UnknownForm, name, $"this is hexadecimal text; expected {KnownForms}");
        if (DecodeBase64(text) is { } message && LooksLikeMessage(message))
            return (DecodeAndClear(message, name), KeyFileFormat.Base64);
        if (LooksLikeMessage(content))
            throw new KeyFileException(KeyFileFailure.BadKey, name, error);
        throw new KeyFileException(KeyFileFailure.UnknownForm, name, $"{Guess(content)}; expected {KnownForms}");
    }

    public static byte[] Write(PrivateKey key, KeyFileFormat format)
    {
        if (format == KeyFileFormat.Protobuf)
            return key.Encode();
        if (format is not (KeyFileFormat.Base64 or KeyFileFormat.PemPkcs8))
            throw new ArgumentOutOfRangeException(nameof(format), format, "this form can only be read");

        var binary = format == KeyFileFormat.Base64 ? key.Encode() : Pkcs8.Write(key);
        var text = format == KeyFileFormat.Base64 ? EncodeBase64(binary) : PemEncoding.WriteUtf8(PemLabel, binary);
        byte[] lines = [.. text, (byte)'\n'];
        CryptographicOperations.ZeroMemory(binary);
        CryptographicOperations.ZeroMemory(text);
        return lines;
    }

    private static PrivateKey ReadKuboConfig(ReadOnlySpan<byte> json, string name)
    {
        if (KuboConfig.Read(json) is not { } identity)
            throw new KeyFileException(KeyFileFailure.UnknownForm, name, "this JSON has no text at Identity.PrivKey; a Kubo config file has the key there");

        var message = DecodeBase64(identity.PrivateKey);
        CryptographicOperations.ZeroMemory(identity.PrivateKey);
        var key = message is null
            ? throw new KeyFileException(KeyFileFailure.BadKey, name, "Identity.PrivKey is no base64 text")
            : DecodeAndClear(message, name);
        if (identity.PeerId is null || (PeerId.TryParse(identity.PeerId, out var id) && id == key.PeerId))
            return key;

        var actual = key.PeerId;
        key.Dispose();
        throw new KeyFileException(KeyFileFailure.PeerIdMismatch, name, $"Identity.PeerID is {identity.PeerId}, but Identity.PrivKey is the key of {actual}");
    }

    private static PrivateKey ReadPem(ReadOnlySpan<byte> pem, string name)
    {
        if (!PemEncoding.TryFindUtf8(pem, out var fields))
            throw new KeyFileException(KeyFileFailure.BadKey, name, "the PEM is cut short or malformed");
        if (!pem[fields.Label].SequenceEqual(PemLabel))
        {
            var label = System.Text.Encoding.UTF8.GetString(pem[fields.Label]);
            throw new KeyFileException(KeyFileFailure.UnknownForm, name, $"the PEM is labelled {label}; expected an unencrypted PKCS#8 key, BEGIN PRIVATE KEY");
        }

        var der = new byte[fields.DecodedDataLength];
        try
        {
            Base64.DecodeFromUtf8(pem[fields.Base64Data], der, out _, out var length);
            return Pkcs8.Read(der.AsSpan(0, length), out var error) ?? throw new KeyFileException(KeyFileFailure.BadKey, name, error!);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }

    private static PrivateKey DecodeAndClear(byte[] message, string name)
    {
        var decoded = PrivateKey.TryDecode(message, out var key, out var error);
        CryptographicOperations.ZeroMemory(message);
        return decoded ? key! : throw new KeyFileException(KeyFileFailure.BadKey, name, error!);
    }

    /// <summary>Null unless the text is base64 of something. Line breaks and missing padding are forgiven.</summary>
    private static byte[]? DecodeBase64(ReadOnlySpan<byte> text)
    {
        // Room for the padding behind; line breaks leave more.
        var packed = new byte[text.Length + 3];
        var length = 0;
        foreach (var character in text.TrimEnd((byte)'='))
        {
            if (character is not ((byte)'\r' or (byte)'\n'))
                packed[length++] = character;
        }

        while (length % 4 != 0)
            packed[length++] = (byte)'=';

        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(length)];
        var status = Base64.DecodeFromUtf8(packed.AsSpan(0, length), decoded, out _, out var written);
        var message = status == OperationStatus.Done ? decoded[..written] : null;
        CryptographicOperations.ZeroMemory(packed);
        CryptographicOperations.ZeroMemory(decoded);
        return message;
    }

    private static byte[] EncodeBase64(ReadOnlySpan<byte> binary)
    {
        var text = new byte[Base64.GetMaxEncodedToUtf8Length(binary.Length)];
        Base64.EncodeToUtf8(binary, text, out _, out _);
        return text;
    }

    private static ReadOnlySpan<byte> TrimText(ReadOnlySpan<byte> content)
    {
        var byteOrderMark = "\ufeff"u8;
        return (content.StartsWith(byteOrderMark) ? content[byteOrderMark.Length..] : content).Trim(" \t\r\n"u8);
    }

    /// <summary>How every protobuf form begins: field 1, a known key type.</summary>
    private static bool LooksLikeMessage(ReadOnlySpan<byte> message) => message is [0x08, <= (byte)KeyType.Ecdsa, ..];

    private static bool IsHex(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(HexCharacters);

    private static string Guess(ReadOnlySpan<byte> content) => content.Length switch
    {
        0 => "the key file is empty",
        32 => "32 bytes may be a bare seed without the key message around it",
        64 or 96 => $"{content.Length} bytes may be a bare Ed25519 key without the key message around it (which begins 08 01 12 40)",
        _ => "the content is in no known form",
    };
}
