using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using PeerNet.Core.Time;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Dht.Generated;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Auth;

/// <summary>
/// Signs and checks calls in a moderated swarm (hivemind/utils/auth.py). A signature covers the whole message, serialized with the
/// signature left empty; so the bytes of both ends must agree, and they do for messages in canonical form. Thread-safe.
/// </summary>
public sealed class TokenAuthorizer
{
    // Specification.
    private const int NonceBytes = 8;
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan NonceMemory = TimeSpan.FromMinutes(3);

    // Implementation limit: a thousand calls a second for as long as nonces are kept.
    private const int MaxNonces = 180_000;

    private readonly ITokenPolicy _policy;
    private readonly RsaPssSigner _key;
    private readonly TimeProvider _time;
    private readonly byte[] _publicKey;
    private readonly Lock _lock = new();
    private readonly NonceLog _nonces = new(NonceMemory, MaxNonces);

    /// <summary>Makes an authorizer.</summary>
    /// <param name="policy">The swarm's tokens.</param>
    /// <param name="key">The key that this node's token names.</param>
    /// <param name="time">The clock.</param>
    public TokenAuthorizer(ITokenPolicy policy, RsaPssSigner key, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(key);
        _policy = policy;
        _key = key;
        _time = time ?? TimeProvider.System;
        _publicKey = Encoding.ASCII.GetBytes(OpenSshKey.ToText(key.PublicKey));
    }

    internal async ValueTask SignRequestAsync(IAuthorizedRequest request, CancellationToken token)
    {
        request.Auth = new WireRequestAuth
        {
            ClientAccessToken = ToWire(await _policy.GetTokenAsync(token).ConfigureAwait(false)),
            Time = DhtExpiration.Now(_time).Seconds,
            Nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(NonceBytes)),
        };
        request.Auth.Signature = Sign(request);
    }

    internal bool VerifyRequest(IAuthorizedRequest request)
    {
        if (request.Auth is not { ClientAccessToken: { } wire } auth || auth.Nonce.Length != NonceBytes)
            return false;
        if (!auth.ServicePublicKey.IsEmpty && !auth.ServicePublicKey.Span.SequenceEqual(_publicKey))
            return false;
        if (!(Math.Abs(auth.Time - DhtExpiration.Now(_time).Seconds) <= MaxClockSkew.TotalSeconds))
            return false;
        var signature = auth.Signature;
        auth.Signature = ByteString.Empty;
        var isGood = Verify(request, wire, signature);
        auth.Signature = signature;

        // Last, so that only those who could sign use up room among the nonces.
        lock (_lock)
            return isGood && _nonces.TryAdd(BinaryPrimitives.ReadUInt64BigEndian(auth.Nonce.Span), _time.GetInstant());
    }

    internal async ValueTask SignResponseAsync(IAuthorizedResponse response, IAuthorizedRequest request, CancellationToken token)
    {
        response.Auth = new WireResponseAuth
        {
            ServiceAccessToken = ToWire(await _policy.GetTokenAsync(token).ConfigureAwait(false)),
            Nonce = request.Auth?.Nonce ?? ByteString.Empty,
        };
        response.Auth.Signature = Sign(response);
    }

    internal bool VerifyResponse(IAuthorizedResponse response, IAuthorizedRequest request)
    {
        if (response.Auth is not { ServiceAccessToken: { } wire } auth || request.Auth is not { } asked || auth.Nonce != asked.Nonce)
            return false;
        var signature = auth.Signature;
        auth.Signature = ByteString.Empty;
        var isGood = Verify(response, wire, signature);
        auth.Signature = signature;
        return isGood;
    }

    private ByteString Sign(IMessage message) => ByteString.CopyFromUtf8(Convert.ToBase64String(_key.Sign(message.ToByteArray())));

    private bool Verify(IMessage message, WireAccessToken wire, ByteString signature)
    {
        var token = new AccessToken(wire.Username, wire.PublicKey.Memory, wire.ExpirationTime, wire.Signature.Memory);
        return _policy.IsValid(token)
            && OpenSshKey.TryParse(token.PublicKey.Span, out var key)
            && LenientBase64.TryDecode(signature.Span, out var bytes)
            && key.Verify(message.ToByteArray(), bytes);
    }

    private static WireAccessToken ToWire(AccessToken token) => new()
    {
        Username = token.Username,
        PublicKey = ByteString.CopyFrom(token.PublicKey.Span),
        ExpirationTime = token.ExpirationTime,
        Signature = ByteString.CopyFrom(token.Signature.Span),
    };
}
