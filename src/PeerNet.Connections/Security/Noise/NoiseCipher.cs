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

    /// <summary>Takes the platform's cipher, which is the fastest for long frames, where there is one.</summary>
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

/// <summary>The platform's ChaCha20-Poly1305.</summary>
internal sealed class PlatformNoiseCipher(ReadOnlySpan<byte> key) : NoiseCipher
{
    private readonly ChaCha20Poly1305 _cipher = new(key);

    public override void Dispose() => _cipher.Dispose();

    private protected override void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag) => _cipher.Encrypt(nonce, data, data, tag);

    private protected override bool TryDecrypt(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        try
        {
            _cipher.Decrypt(nonce, data, tag, data);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            // Once per connection at most: it ends here.
            return false;
        }
    }
}

/// <summary>libsodium's ChaCha20-Poly1305, for platforms without their own.</summary>
internal sealed class SodiumNoiseCipher : NoiseCipher
{
    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(KeyBytes, pinned: true);

    public SodiumNoiseCipher(ReadOnlySpan<byte> key) => key.CopyTo(_key);

    public override void Dispose() => CryptographicOperations.ZeroMemory(_key);

    private protected override void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> data, Span<byte> tag)
        => SodiumChaCha20Poly1305.Encrypt(_key, nonce, [], data, tag);

    private protected override bool TryDecrypt(ReadOnlySpan<byte> nonce, Span<byte> data, ReadOnlySpan<byte> tag)
        => SodiumChaCha20Poly1305.TryDecrypt(_key, nonce, [], data, tag);
}
