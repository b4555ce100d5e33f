using System.Buffers.Binary;
using System.Security.Cryptography;
using PeerNet.Identity.Primitives;

namespace PeerNet.Connections.Security.Noise;

/// <summary>
/// One direction of a Noise transport: a key and a message counter. In-place and without allocation; one thread at a time.
/// </summary>
internal abstract class NoiseCipher : IDisposable
{
    public const int KeyBytes = 32;
    public const int TagBytes = 16;
    private protected const int NonceBytes = 12;

    // Specification: the last counter value is reserved, and libp2p never changes keys (Noise revision 34, section 5.1).
    private const ulong MaxMessages = ulong.MaxValue;

    private ulong _counter;

    /// <summary>Whether all counter values are used up: the connection ends then.</summary>
    public bool IsExhausted => _counter == MaxMessages;

    /// <summary>Messages sealed or opened so far.</summary>
    public ulong Count => _counter;

    /// <summary>Takes the platform's cipher where there is one.</summary>
    public static NoiseCipher Create(ReadOnlySpan<byte> key)
        => ChaCha20Poly1305.IsSupported ? new PlatformNoiseCipher(key) : new SodiumNoiseCipher(key);

    /// <summary>Encrypts in place and writes the tag. Not to be called when exhausted.</summary>
    public void Seal(Span<byte> data, Span<byte> tag)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        NextNonce(nonce);
        Encrypt(nonce, data, tag);
    }

    /// <summary>Decrypts in place. False when the tag does not verify, or when exhausted; the connection ends then.</summary>
    public bool TryOpen(Span<byte> data, ReadOnlySpan<byte> tag)
    {
        if (IsExhausted)
            return false;
        Span<byte> nonce = stackalloc byte[NonceBytes];
        NextNonce(nonce);
        return TryDecrypt(nonce, data, tag);
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    internal void SkipTo(ulong counter) => _counter = counter;

    private protected abstract void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag);

    private protected abstract bool TryDecrypt(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag);

    private void NextNonce(Span<byte> nonce)
    {
        if (IsExhausted)
            throw new InvalidOperationException("The cipher's message counter is used up.");
        nonce[..(NonceBytes - sizeof(ulong))].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[(NonceBytes - sizeof(ulong))..], _counter);
        _counter++;
    }
}

/// <summary>
/// The platform's ChaCha20-Poly1305, which is up to three times as fast as libsodium's, for long frames, and libsodium's for short ones:
/// the platform sets up its context anew for each call, which costs more than a short frame does.
/// </summary>
internal sealed class PlatformNoiseCipher(ReadOnlySpan<byte> key) : NoiseCipher
{
    /// <summary>Implementation limit, measured: the two meet between 768 and 1,536 bytes, depending on the processor (benchmark <c>security ciphers</c>).</summary>
    public const int MaxShortBytes = 768;

    private readonly ChaCha20Poly1305 _long = new(key);
    private readonly SodiumNoiseCipher _short = new(key);

    public override void Dispose()
    {
        _long.Dispose();
        _short.Dispose();
    }

    private protected override void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag)
    {
        if (data.Length <= MaxShortBytes)
            _short.EncryptWith(nonce, data, tag);
        else
            _long.Encrypt(nonce, data, data, tag);
    }

    private protected override bool TryDecrypt(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        if (data.Length <= MaxShortBytes)
            return _short.TryDecryptWith(nonce, data, tag);
        try
        {
            _long.Decrypt(nonce, data, tag, data);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            // Once per connection at most: it ends here.
            return false;
        }
    }
}

/// <summary>libsodium's ChaCha20-Poly1305.</summary>
internal sealed class SodiumNoiseCipher : NoiseCipher
{
    // Pinned, so that the collector leaves no copies behind.
    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(KeyBytes, pinned: true);
    private bool _disposed;

    public SodiumNoiseCipher(ReadOnlySpan<byte> key) => key.CopyTo(_key);

    private ReadOnlySpan<byte> Key
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
            return _key;
        }
    }

    public override void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        CryptographicOperations.ZeroMemory(_key);
    }

    internal void EncryptWith(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag) => SodiumChaCha20Poly1305.Encrypt(Key, nonce, [], data, tag);

    internal bool TryDecryptWith(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag) => SodiumChaCha20Poly1305.TryDecrypt(Key, nonce, [], data, tag);

    private protected override void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag) => EncryptWith(nonce, data, tag);

    private protected override bool TryDecrypt(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag) => TryDecryptWith(nonce, data, tag);
}
