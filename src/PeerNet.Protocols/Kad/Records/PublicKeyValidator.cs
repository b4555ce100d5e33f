using System.Diagnostics.CodeAnalysis;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>
/// <c>/pk/</c> and a peer id: the value is the public key that the id was made of. Two good values of one key are the same key.
/// </summary>
public sealed class PublicKeyValidator : IRecordValidator
{
    /// <summary>The namespace.</summary>
    public const string Scope = "pk";

    /// <inheritdoc />
    public string Namespace => Scope;

    /// <summary>The key under which a peer's public key is stored.</summary>
    public static byte[] KeyOf(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return ValueKey.Create(Scope, peer.Bytes.Span);
    }

    /// <inheritdoc />
    public bool TryValidate(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, DateTimeOffset now, [NotNullWhen(false)] out string? error)
    {
        if (!ValueKey.TrySplit(key, out var scope, out var rest) || scope != Scope)
        {
            error = "the key is not of the namespace /pk";
            return false;
        }

        if (!PeerId.TryDecode(rest.Span, out var peer))
        {
            error = "the key does not end with a peer id";
            return false;
        }

        if (!PublicKey.TryDecode(value.Span, out var publicKey, out error))
            return false;
        if (publicKey.PeerId == peer)
            return true;
        error = "the public key belongs to another peer";
        return false;
    }

    /// <inheritdoc />
    public int Compare(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => 0;
}
