using System.Security.Cryptography;
using NSec.Cryptography;

namespace PeerNet.Identity.Keys;

/// <summary>
/// An Ed25519 private key; the seed lives in libsodium's guarded memory. Data = seed ‖ public key.
/// </summary>
internal sealed class Ed25519PrivateKey : PrivateKey
{
    public const int SeedBytes = 32;
    private const int DataBytes = SeedBytes + Ed25519PublicKey.RawBytes;

    // The form written before 2018: the public key once more at the end.
    private const int OldDataBytes = DataBytes + Ed25519PublicKey.RawBytes;

    private readonly Key _key;

    private Ed25519PrivateKey(Key key, Ed25519PublicKey publicKey)
        : base(publicKey)
        => _key = key;

    public static Ed25519PrivateKey Generate()
    {
        Span<byte> seed = stackalloc byte[SeedBytes];
        try
        {
            RandomNumberGenerator.Fill(seed);
            return FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    public static Ed25519PrivateKey FromSeed(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedBytes)
            throw new ArgumentException($"an Ed25519 seed has {SeedBytes} bytes, not {seed.Length}", nameof(seed));

        var parameters = new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
        var key = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey, parameters);
        Span<byte> raw = stackalloc byte[Ed25519PublicKey.RawBytes];
        key.PublicKey.TryExport(KeyBlobFormat.RawPublicKey, raw, out _);
        return new Ed25519PrivateKey(key, Ed25519PublicKey.TryCreate(raw, out _)!);
    }

    public static Ed25519PrivateKey? TryCreate(ReadOnlySpan<byte> data, out string? error)
    {
        error = data.Length switch
        {
            DataBytes => null,
            OldDataBytes when data[SeedBytes..DataBytes].SequenceEqual(data[DataBytes..]) => null,
            OldDataBytes => "the two copies of the public key in this 96-byte Ed25519 key differ",
            SeedBytes => "this Ed25519 key is a bare 32-byte seed; 64 bytes are expected, the seed followed by the public key",
            _ => $"an Ed25519 private key has {DataBytes} bytes (seed, public key) or {OldDataBytes} in the old form, not {data.Length}",
        };
        if (error is not null)
            return null;

        var created = FromSeed(data[..SeedBytes]);
        if (created.PublicKey.Raw.Span.SequenceEqual(data[SeedBytes..DataBytes]))
            return created;

        created.Dispose();
        error = "the public half of this Ed25519 key does not belong to its seed";
        return null;
    }

    public override byte[] Sign(ReadOnlySpan<byte> data) => SignatureAlgorithm.Ed25519.Sign(_key, data);

    internal override byte[] ExportData()
    {
        var data = new byte[DataBytes];
        if (!_key.TryExport(KeyBlobFormat.RawPrivateKey, data.AsSpan(0, SeedBytes), out _))
            throw new CryptographicException("the Ed25519 seed could not be exported");
        PublicKey.Raw.Span.CopyTo(data.AsSpan(SeedBytes));
        return data;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _key.Dispose();
    }
}
