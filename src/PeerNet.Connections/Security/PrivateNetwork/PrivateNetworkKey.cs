using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using PeerNet.Identity.Primitives;

namespace PeerNet.Connections.Security.PrivateNetwork;

/// <summary>
/// The key that the members of a private network share (pnet specification, version 1). Thread-safe; disposing wipes it, and ends what
/// still uses it.
/// </summary>
public sealed class PrivateNetworkKey : IDisposable
{
    /// <summary>Length of a key.</summary>
    public const int KeyBytes = 32;

    // Implementation limit: the longest form, in hexadecimal, takes 96 bytes and a few for line ends.
    private const int MaxFileBytes = 1024;
    private const int FingerprintBytes = 16;
    private const int FingerprintStreamBytes = 64;

    // Pinned, so that the collector leaves no copies behind.
    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(KeyBytes, pinned: true);
    private bool _disposed;

    private PrivateNetworkKey()
    {
    }

    internal ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
            return _key;
        }
    }

    private static ReadOnlySpan<byte> Header => "/key/swarm/psk/1.0.0/"u8;

    /// <summary>Makes a new key.</summary>
    public static PrivateNetworkKey Generate()
    {
        var key = new PrivateNetworkKey();
        RandomNumberGenerator.Fill(key._key);
        return key;
    }

    /// <summary>Takes a key as it is.</summary>
    /// <exception cref="ArgumentException">It has not 32 bytes.</exception>
    public static PrivateNetworkKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != KeyBytes)
            throw new ArgumentException($"A private network's key has {KeyBytes} bytes, not {bytes.Length}.", nameof(bytes));
        var key = new PrivateNetworkKey();
        bytes.CopyTo(key._key);
        return key;
    }

    /// <summary>
    /// Reads a key file: the line <c>/key/swarm/psk/1.0.0/</c>, one of <c>/base16/</c>, <c>/base64/</c> and <c>/bin/</c>, and the key in that
    /// encoding. Line ends may be of either kind, and one may follow. On failure <paramref name="error"/> says what is wrong, without the key.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> file, [NotNullWhen(true)] out PrivateNetworkKey? key, [NotNullWhen(false)] out string? error)
    {
        key = null;
        error = Read(file, out var created);
        if (error is null)
            key = created;
        else
            created?.Dispose();
        return error is null;
    }

    /// <summary>Like <see cref="TryParse"/>, for callers to whom a bad file is an error.</summary>
    /// <exception cref="FormatException">The file is no key file; the message says why.</exception>
    public static PrivateNetworkKey Parse(ReadOnlySpan<byte> file) => TryParse(file, out var key, out var error) ? key : throw new FormatException(error);

    /// <summary>The key file in <c>/base16/</c>, which every implementation reads.</summary>
    public string ToKeyFile() => $"{Encoding.ASCII.GetString(Header)}\n/base16/\n{Convert.ToHexStringLower(Bytes)}\n";

    /// <summary>Sixteen bytes in hexadecimal by which go-libp2p, rust-libp2p and we name a key in logs without telling it.</summary>
    public string Fingerprint()
    {
        Span<byte> stream = stackalloc byte[FingerprintStreamBytes];
        Span<byte> fingerprint = stackalloc byte[FingerprintBytes];
        XSalsa20.FillSalsa20(Bytes, "finprint"u8, stream);
        Shake128Hash.HashData(stream, fingerprint);
        return Convert.ToHexStringLower(fingerprint);
    }

    /// <summary>The fingerprint; never the key.</summary>
    public override string ToString() => $"private network {Fingerprint()}";

    /// <summary>Wipes the key.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        CryptographicOperations.ZeroMemory(_key);
    }

    private static string? Read(ReadOnlySpan<byte> file, out PrivateNetworkKey? key)
    {
        key = null;
        if (file.Length > MaxFileBytes)
            return $"a private network's key file has at most {MaxFileBytes} bytes, not {file.Length}";
        if (!TryReadLine(ref file, out var header) || !header.SequenceEqual(Header))
            return "the first line of a private network's key file is /key/swarm/psk/1.0.0/";
        if (!TryReadLine(ref file, out var encoding))
            return "the second line of a private network's key file names the encoding";
        key = new PrivateNetworkKey();
        if (encoding.SequenceEqual("/bin/"u8))
            return ReadBinary(file, key._key);
        TryReadLine(ref file, out var text);
        if (!file.IsEmpty)
            return "a private network's key file has three lines";
        if (encoding.SequenceEqual("/base16/"u8))
            return ReadBase16(text, key._key);
        if (encoding.SequenceEqual("/base64/"u8))
            return ReadBase64(text, key._key);
        return "the encoding of a private network's key is /base16/, /base64/ or /bin/";
    }

    private static string? ReadBinary(ReadOnlySpan<byte> bytes, Span<byte> key)
    {
        // The key itself may end in what looks like a line end.
        var rest = bytes.Length > KeyBytes ? bytes[KeyBytes..] : default;
        if (bytes.Length < KeyBytes || !(rest.IsEmpty || rest.SequenceEqual("\n"u8) || rest.SequenceEqual("\r\n"u8)))
            return $"a private network's key has {KeyBytes} bytes, not {bytes.Length}";
        bytes[..KeyBytes].CopyTo(key);
        return null;
    }

    private static string? ReadBase16(ReadOnlySpan<byte> text, Span<byte> key)
    {
        if (text.Length != 2 * KeyBytes)
            return $"a private network's key has {2 * KeyBytes} hexadecimal digits, not {text.Length}";
        return Convert.FromHexString(text, key, out _, out _) == OperationStatus.Done ? null : "a private network's key has a character that is no hexadecimal digit";
    }

    private static string? ReadBase64(ReadOnlySpan<byte> text, Span<byte> key)
    {
        Span<byte> decoded = stackalloc byte[MaxFileBytes];
        var status = Base64.DecodeFromUtf8(text, decoded, out var consumed, out var written);
        if (status != OperationStatus.Done || consumed != text.Length)
            return "a private network's key is not base64 with padding";
        if (written != KeyBytes)
            return $"a private network's key has {KeyBytes} bytes, not {written}";
        decoded[..KeyBytes].CopyTo(key);
        CryptographicOperations.ZeroMemory(decoded);
        return null;
    }

    /// <summary>Cuts off a line, without its end. False when the file is at its end already.</summary>
    private static bool TryReadLine(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        line = default;
        if (rest.IsEmpty)
            return false;
        var end = rest.IndexOf((byte)'\n');
        line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        if (!line.IsEmpty && line[^1] == '\r')
            line = line[..^1];
        return true;
    }
}
