using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Connections.Security.Noise;

/// <summary>
/// The security protocol <c>/noise</c> (noise specification, revision 5): the handshake XX with the identities in the payloads of messages
/// 2 and 3. Thread-safe.
/// </summary>
public sealed class NoiseProtocol : ISecurityProtocol
{
    /// <summary>
    /// Implementation limit, for a handshake message with its payload: an RSA key of 8192 bits, its signature and a hundred muxers of
    /// ordinary length take a third of it. The specification allows 65,535 bytes.
    /// </summary>
    internal const int MaxHandshakeMessageBytes = 16 * 1024;

    private readonly PrivateKey _identity;
    private readonly BufferPool _pool;
    private readonly NoiseStaticKey? _staticKey;

    /// <summary>Creates the protocol for one identity, which must outlive it.</summary>
    /// <param name="identity">The key that this node proves to hold.</param>
    /// <param name="options">How handshakes are made.</param>
    /// <param name="pool">Where blocks come from; the shared pool by default.</param>
    public NoiseProtocol(PrivateKey identity, NoiseOptions? options = null, BufferPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _identity = identity;
        _pool = pool ?? BufferPool.Shared;
        if (options is not { StaticKeyPerConnection: true })
            _staticKey = new NoiseStaticKey(identity);
    }

    /// <summary>The protocol's id.</summary>
    public static ProtocolId ProtocolId { get; } = "/noise";

    /// <inheritdoc />
    public ProtocolId Id => ProtocolId;

    /// <inheritdoc />
    public async ValueTask<SecureConnection> SecureAsync(RawConnection raw, SecurityContext context, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(raw);
        ArgumentNullException.ThrowIfNull(context);
        var staticKey = _staticKey ?? new NoiseStaticKey(_identity);
        var reader = new NoiseFrameReader(raw, _pool);
        var handshake = new NoiseHandshake(context.IsInitiator, staticKey, _pool);
        var output = RentOutput(staticKey, context);
        var succeeded = false;
        try
        {
            var session = new NoiseSession(raw, reader, handshake, staticKey, context, output);
            var connection = context.IsInitiator
                ? await session.InitiateAsync(token).ConfigureAwait(false)
                : await session.RespondAsync(token).ConfigureAwait(false);
            succeeded = true;
            return connection;
        }
        catch (ConnectionClosedException e)
        {
            throw new HandshakeException(HandshakeFailure.Closed, "The connection failed during the Noise handshake: " + e.Message, e);
        }
        finally
        {
            output.Release();
            handshake.Dispose();
            if (!succeeded)
            {
                reader.Dispose();
                raw.Abort();
            }
        }
    }

    private BufferBlock RentOutput(NoiseStaticKey staticKey, SecurityContext context)
    {
        var bytes = NoiseFrameReader.LengthBytes + NoiseHandshake.Message2Overhead
            + NoisePayload.EncodedLength(staticKey.IdentityKey.Encoded.Length, staticKey.Signature.Length, context.Muxers);
        return bytes <= BufferPool.SmallBytes ? _pool.RentSmall() : _pool.RentLarge();
    }
}
