using System.Security.Cryptography;
using PeerNet.Core.Buffers;
using PeerNet.Identity;

namespace PeerNet.Connections.Security.Noise;

/// <summary>
/// One end of the handshake <c>Noise_XX_25519_ChaChaPoly_SHA256</c>: messages are created and consumed in turn, without any I/O. Keys may
/// be given, so that a handshake can be replayed byte for byte. A message that does not verify is final.
/// </summary>
/// <remarks>
/// <code>
/// initiator                          responder
/// CreateMessage1   e              →  ConsumeMessage1
/// ConsumeMessage2  ←  e, ee, s, es   CreateMessage2
/// CreateMessage3   s, se          →  ConsumeMessage3
/// Split                              Split
/// </code>
/// </remarks>
internal sealed class NoiseHandshake : IDisposable
{
    public const int KeyBytes = X25519.KeyBytes;
    public const int TagBytes = NoiseSymmetricState.TagBytes;

    /// <summary>Message 1 is the ephemeral key alone: a payload would be in the clear, and rust-libp2p refuses one.</summary>
    public const int Message1Bytes = KeyBytes;

    /// <summary>Message 2 without its payload: ephemeral key, encrypted static key, tag of the payload.</summary>
    public const int Message2Overhead = KeyBytes + KeyBytes + TagBytes + TagBytes;

    /// <summary>Message 3 without its payload: encrypted static key, tag of the payload.</summary>
    public const int Message3Overhead = KeyBytes + TagBytes + TagBytes;

    private readonly NoiseStaticKey _static;
    private readonly bool _isInitiator;

    // Pinned, pooled memory for the whole state, wiped before it goes back.
    private readonly BufferBlock _memory;
    private NoiseHandshakeStep _next;

    /// <summary>Starts a handshake.</summary>
    /// <param name="isInitiator">Whether this end sends message 1.</param>
    /// <param name="staticKey">This end's static key.</param>
    /// <param name="pool">Lends the memory for the secrets.</param>
    /// <param name="prologue">Bytes that both ends must agree on; empty but for protocols that say otherwise.</param>
    /// <param name="ephemeral">The ephemeral secret; empty makes a new one.</param>
    public NoiseHandshake(bool isInitiator, NoiseStaticKey staticKey, BufferPool pool, ReadOnlySpan<byte> prologue = default, ReadOnlySpan<byte> ephemeral = default)
    {
        _isInitiator = isInitiator;
        _static = staticKey;
        _memory = pool.RentSmall();
        _next = isInitiator ? NoiseHandshakeStep.CreateMessage1 : NoiseHandshakeStep.ConsumeMessage1;
        State.Initialize(prologue);
        if (ephemeral.IsEmpty)
            RandomNumberGenerator.Fill(EphemeralPrivate);
        else
            ephemeral.CopyTo(EphemeralPrivate);
    }

    /// <summary>The peer's static key, once the message that carries it was consumed.</summary>
    public ReadOnlySpan<byte> RemoteStatic => Part(3);

    /// <summary>The hash over the whole handshake.</summary>
    public ReadOnlySpan<byte> HandshakeHash => State.Hash;

    private NoiseSymmetricState State => new(_memory.Array.AsSpan(0, NoiseSymmetricState.StateBytes));

    private Span<byte> EphemeralPrivate => Part(0);

    private Span<byte> EphemeralPublic => Part(1);

    private Span<byte> RemoteEphemeral => Part(2);

    private Span<byte> RemoteStaticKey => Part(3);

    private Span<byte> Shared => Part(4);

    internal static int UsedBytes => NoiseSymmetricState.StateBytes + (5 * KeyBytes);

    /// <summary>Writes message 1.</summary>
    /// <returns>Its length.</returns>
    public int CreateMessage1(Span<byte> destination)
    {
        Enter(NoiseHandshakeStep.CreateMessage1, NoiseHandshakeStep.ConsumeMessage2);
        WriteEphemeral(destination);
        return KeyBytes + State.EncryptAndHash(destination[KeyBytes..], 0);
    }

    /// <summary>Reads message 1. False when it is not one.</summary>
    public bool TryConsumeMessage1(Span<byte> message)
    {
        Enter(NoiseHandshakeStep.ConsumeMessage1, NoiseHandshakeStep.CreateMessage2);
        if (message.Length != Message1Bytes)
            return Fail();
        ReadEphemeral(message);
        return State.TryDecryptAndHash([], out _) || Fail();
    }

    /// <summary>Writes message 2. False when the peer's ephemeral key is a point of small order.</summary>
    public bool TryCreateMessage2(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        Enter(NoiseHandshakeStep.CreateMessage2, NoiseHandshakeStep.ConsumeMessage3);
        written = 0;
        WriteEphemeral(destination);
        if (!TryMixKey(EphemeralPrivate, RemoteEphemeral))
            return Fail();
        var position = KeyBytes + WriteEncrypted(_static.Public, destination[KeyBytes..]);
        if (!TryMixKey(_static.Private, RemoteEphemeral))
            return Fail();
        written = position + WriteEncrypted(payload, destination[position..]);
        return true;
    }

    /// <summary>Reads message 2 in place. False when it does not verify.</summary>
    public bool TryConsumeMessage2(Span<byte> message, out ReadOnlySpan<byte> payload)
    {
        Enter(NoiseHandshakeStep.ConsumeMessage2, NoiseHandshakeStep.CreateMessage3);
        payload = default;
        if (message.Length < Message2Overhead)
            return Fail();
        ReadEphemeral(message[..KeyBytes]);
        if (!TryMixKey(EphemeralPrivate, RemoteEphemeral)
            || !TryReadStatic(message.Slice(KeyBytes, KeyBytes + TagBytes))
            || !TryMixKey(EphemeralPrivate, RemoteStaticKey)
            || !State.TryDecryptAndHash(message[(KeyBytes + KeyBytes + TagBytes)..], out var plaintext))
        {
            return Fail();
        }

        payload = plaintext;
        return true;
    }

    /// <summary>Writes message 3. False when the peer's ephemeral key is a point of small order.</summary>
    public bool TryCreateMessage3(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        Enter(NoiseHandshakeStep.CreateMessage3, NoiseHandshakeStep.Split);
        var position = WriteEncrypted(_static.Public, destination);
        written = 0;
        if (!TryMixKey(_static.Private, RemoteEphemeral))
            return Fail();
        written = position + WriteEncrypted(payload, destination[position..]);
        return true;
    }

    /// <summary>Reads message 3 in place. False when it does not verify.</summary>
    public bool TryConsumeMessage3(Span<byte> message, out ReadOnlySpan<byte> payload)
    {
        Enter(NoiseHandshakeStep.ConsumeMessage3, NoiseHandshakeStep.Split);
        payload = default;
        if (message.Length < Message3Overhead
            || !TryReadStatic(message[..(KeyBytes + TagBytes)])
            || !TryMixKey(EphemeralPrivate, RemoteStaticKey)
            || !State.TryDecryptAndHash(message[(KeyBytes + TagBytes)..], out var plaintext))
        {
            return Fail();
        }

        payload = plaintext;
        return true;
    }

    /// <summary>Gives out the transport keys and ends the handshake.</summary>
    public void Split(Span<byte> sendKey, Span<byte> receiveKey)
    {
        Enter(NoiseHandshakeStep.Split, NoiseHandshakeStep.Ended);
        if (_isInitiator)
            State.Split(sendKey, receiveKey);
        else
            State.Split(receiveKey, sendKey);
    }

    /// <summary>Wipes all secrets.</summary>
    public void Dispose()
    {
        if (_next == NoiseHandshakeStep.Disposed)
            return;
        _next = NoiseHandshakeStep.Disposed;
        CryptographicOperations.ZeroMemory(_memory.Array.AsSpan(0, UsedBytes));
        _memory.Release();
    }

    private Span<byte> Part(int index) => _memory.Array.AsSpan(NoiseSymmetricState.StateBytes + (index * KeyBytes), KeyBytes);

    private void WriteEphemeral(Span<byte> destination)
    {
        X25519.DerivePublicKey(EphemeralPrivate, EphemeralPublic);
        EphemeralPublic.CopyTo(destination);
        State.MixHash(EphemeralPublic);
    }

    private void ReadEphemeral(ReadOnlySpan<byte> key)
    {
        key.CopyTo(RemoteEphemeral);
        State.MixHash(key);
    }

    private int WriteEncrypted(ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        plaintext.CopyTo(destination);
        return State.EncryptAndHash(destination, plaintext.Length);
    }

    private bool TryReadStatic(Span<byte> encrypted)
    {
        if (!State.TryDecryptAndHash(encrypted, out var key))
            return false;
        key.CopyTo(RemoteStaticKey);
        return true;
    }

    private bool TryMixKey(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> remote)
    {
        if (!X25519.TryAgree(secret, remote, Shared))
            return false;
        State.MixKey(Shared);
        CryptographicOperations.ZeroMemory(Shared);
        return true;
    }

    private void Enter(NoiseHandshakeStep step, NoiseHandshakeStep next)
    {
        if (_next != step)
            throw new InvalidOperationException($"The handshake is at {_next}, not at {step}.");
        _next = next;
    }

    private bool Fail()
    {
        _next = NoiseHandshakeStep.Failed;
        return false;
    }
}

/// <summary>What a handshake does next.</summary>
internal enum NoiseHandshakeStep
{
    /// <summary>Initiator, at the start.</summary>
    CreateMessage1,

    /// <summary>Responder, at the start.</summary>
    ConsumeMessage1,

    /// <summary>Responder, after message 1.</summary>
    CreateMessage2,

    /// <summary>Initiator, after message 1.</summary>
    ConsumeMessage2,

    /// <summary>Initiator, after message 2.</summary>
    CreateMessage3,

    /// <summary>Responder, after message 2.</summary>
    ConsumeMessage3,

    /// <summary>Either, after message 3.</summary>
    Split,

    /// <summary>The keys have been given out.</summary>
    Ended,

    /// <summary>A message did not verify: nothing may follow.</summary>
    Failed,

    /// <summary>The secrets are wiped.</summary>
    Disposed,
}
