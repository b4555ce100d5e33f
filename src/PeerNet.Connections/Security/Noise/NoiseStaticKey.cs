using System.Security.Cryptography;
using PeerNet.Identity;
using PeerNet.Identity.Primitives;

namespace PeerNet.Connections.Security.Noise;

/// <summary>
/// A static X25519 key pair of Noise together with the identity's signature over it. One serves all connections of a node for as long as
/// it runs, since signing is the part of a handshake that can be done once. Immutable and thread-safe.
/// </summary>
internal sealed class NoiseStaticKey
{
    // Pinned, so that the collector leaves no copies of the secret behind.
    private readonly byte[] _private = GC.AllocateUninitializedArray<byte>(X25519.KeyBytes, pinned: true);
    private readonly byte[] _public = new byte[X25519.KeyBytes];

    /// <summary>Makes a new key and signs it.</summary>
    public NoiseStaticKey(PrivateKey identity)
        : this(identity, [])
    {
    }

    /// <summary>Takes the given secret, or makes one if it is empty, and signs the public half.</summary>
    public NoiseStaticKey(PrivateKey identity, ReadOnlySpan<byte> secret)
    {
        if (secret.IsEmpty)
            RandomNumberGenerator.Fill(_private);
        else
            secret.CopyTo(_private);
        X25519.DerivePublicKey(_private, _public);
        IdentityKey = identity.PublicKey;
        Signature = identity.Sign(SignedBytes(_public));
    }

    public ReadOnlySpan<byte> Private => _private;

    public ReadOnlySpan<byte> Public => _public;

    /// <summary>The identity that signed.</summary>
    public PublicKey IdentityKey { get; }

    /// <summary>The identity's signature over the public half.</summary>
    public byte[] Signature { get; }

    private static ReadOnlySpan<byte> SignaturePrefix => "noise-libp2p-static-key:"u8;

    /// <summary>Whether <paramref name="signature"/> by <paramref name="identity"/> covers <paramref name="staticKey"/>.</summary>
    public static bool Verify(PublicKey identity, ReadOnlySpan<byte> staticKey, ReadOnlySpan<byte> signature)
        => identity.Verify(SignedBytes(staticKey), signature);

    private static byte[] SignedBytes(ReadOnlySpan<byte> staticKey) => [.. SignaturePrefix, .. staticKey];
}
