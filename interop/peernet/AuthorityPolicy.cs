using System.Globalization;
using System.Text;
using PeerNet.Hivemind.Auth;
using PeerNet.Identity;

namespace PeerNet.Interop.Peer;

/// <summary>
/// Tokens of the tests' moderated swarm: signed by an authority whose private key every member holds, as base64 over
/// <c>username|public key|expiration</c>, the expiration in ISO 8601.
/// </summary>
internal sealed class AuthorityPolicy(RsaPssSigner authority, RsaPssSigner own, string username, TimeSpan lifetime) : ITokenPolicy
{
    private readonly Lock _lock = new();
    private AccessToken? _token;
    private DateTimeOffset _renewal;

    public ValueTask<AccessToken> GetTokenAsync(CancellationToken token = default)
    {
        lock (_lock)
        {
            var now = TimeProvider.System.GetUtcNow();
            if (_token is null || now >= _renewal)
            {
                var unsigned = new AccessToken(username, Encoding.ASCII.GetBytes(OpenSshKey.ToText(own.PublicKey)), (now + lifetime).ToString("yyyy-MM-ddTHH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture), default);
                _token = unsigned with { Signature = Encoding.ASCII.GetBytes(Convert.ToBase64String(authority.Sign(Signed(unsigned)))) };
                _renewal = now + (lifetime / 2);
            }

            return ValueTask.FromResult(_token);
        }
    }

    public bool IsValid(AccessToken token)
    {
        var signature = new byte[token.Signature.Length];
        return Convert.TryFromBase64String(Encoding.Latin1.GetString(token.Signature.Span), signature, out var count)
            && authority.PublicKey.Verify(Signed(token), signature.AsSpan(0, count))
            && DateTimeOffset.TryParse(token.ExpirationTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end)
            && end > TimeProvider.System.GetUtcNow();
    }

    private static byte[] Signed(AccessToken token) => Encoding.UTF8.GetBytes($"{token.Username}|{Encoding.Latin1.GetString(token.PublicKey.Span)}|{token.ExpirationTime}");
}
