namespace PeerNet.Hivemind.Auth;

/// <summary>What an authority gave a member. What it means, and how its signature is made, is the swarm's own affair.</summary>
/// <param name="Username">The member's name.</param>
/// <param name="PublicKey">The member's key, as OpenSSH text.</param>
/// <param name="ExpirationTime">When it ends, in the swarm's own spelling.</param>
/// <param name="Signature">The authority's signature.</param>
public sealed record AccessToken(string Username, ReadOnlyMemory<byte> PublicKey, string ExpirationTime, ReadOnlyMemory<byte> Signature);

/// <summary>What a moderated swarm decides for itself. Thread-safe.</summary>
public interface ITokenPolicy
{
    /// <summary>This node's own token, renewed when need be.</summary>
    ValueTask<AccessToken> GetTokenAsync(CancellationToken token = default);

    /// <summary>Whether another member's token is good now. It must not throw on a peer's bytes.</summary>
    bool IsValid(AccessToken token);
}
