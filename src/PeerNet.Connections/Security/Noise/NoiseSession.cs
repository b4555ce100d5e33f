using System.Buffers.Binary;
using System.Security.Cryptography;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Connections.Security.Noise;

/// <summary>Drives one handshake over a raw connection: moves its messages, checks identities, ends with the transport.</summary>
internal sealed class NoiseSession(
    RawConnection raw,
    NoiseFrameReader reader,
    NoiseHandshake handshake,
    NoiseStaticKey staticKey,
    SecurityContext context,
    BufferBlock output)
{
    private PublicKey? _remoteKey;
    private IReadOnlyList<ProtocolId> _remoteMuxers = [];

    public async ValueTask<NoiseConnection> InitiateAsync(CancellationToken token)
    {
        await SendAsync(handshake.CreateMessage1(Message), token).ConfigureAwait(false);
        using (var message2 = await ReceiveAsync(NoiseHandshake.Message2Overhead, NoiseProtocol.MaxHandshakeMessageBytes, token).ConfigureAwait(false))
        {
            // The peer is checked before message 3 goes out: a stranger does not learn who called.
            ConsumeMessage2(message2.Span);
        }

        await SendAsync(CreateMessage3(), token).ConfigureAwait(false);
        return Complete();
    }

    public async ValueTask<NoiseConnection> RespondAsync(CancellationToken token)
    {
        using (var message1 = await ReceiveAsync(NoiseHandshake.Message1Bytes, NoiseHandshake.Message1Bytes, token).ConfigureAwait(false))
        {
            if (!handshake.TryConsumeMessage1(message1.Span))
                throw Malformed("message 1 is not an ephemeral key");
        }

        await SendAsync(CreateMessage2(), token).ConfigureAwait(false);
        using (var message3 = await ReceiveAsync(NoiseHandshake.Message3Overhead, NoiseProtocol.MaxHandshakeMessageBytes, token).ConfigureAwait(false))
            ConsumeMessage3(message3.Span);
        return Complete();
    }

    private Span<byte> Message => output.Array.AsSpan(NoiseFrameReader.LengthBytes);

    private ValueTask SendAsync(int length, CancellationToken token)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.Array, (ushort)length);
        return raw.SendAsync(output.Array.AsMemory(0, NoiseFrameReader.LengthBytes + length), token);
    }

    private async ValueTask<HandshakeMessage> ReceiveAsync(int minBytes, int maxBytes, CancellationToken token)
    {
        while (true)
        {
            // An impossible length is refused before its bytes are waited for.
            if (reader.PeekLength() is { } length && (length < minBytes || length > maxBytes))
                throw Malformed($"a message of {length} bytes where {minBytes} to {maxBytes} are possible");
            if (reader.TryTake(out var frame))
                return new HandshakeMessage(frame);
            if (!await reader.FillAsync(token).ConfigureAwait(false))
                throw new HandshakeException(HandshakeFailure.Closed, "The peer closed the connection during the Noise handshake.");
        }
    }

    private int CreateMessage2()
    {
        if (!handshake.TryCreateMessage2(EncodePayload(), Message, out var length))
            throw SmallOrder();
        return length;
    }

    private int CreateMessage3()
    {
        if (!handshake.TryCreateMessage3(EncodePayload(), Message, out var length))
            throw SmallOrder();
        return length;
    }

    private byte[] EncodePayload()
    {
        var identity = staticKey.IdentityKey.Encoded.Span;
        var payload = new byte[NoisePayload.EncodedLength(identity.Length, staticKey.Signature.Length, context.Muxers)];
        NoisePayload.Encode(identity, staticKey.Signature, context.Muxers, payload);
        return payload;
    }

    private void ConsumeMessage2(Span<byte> message)
    {
        if (!handshake.TryConsumeMessage2(message, out var payload))
            throw Unverified("message 2");
        Authenticate(payload);
    }

    private void ConsumeMessage3(Span<byte> message)
    {
        if (!handshake.TryConsumeMessage3(message, out var payload))
            throw Unverified("message 3");
        Authenticate(payload);
    }

    /// <summary>What a payload says counts only once its signature covers the static key that the handshake itself has proven.</summary>
    private void Authenticate(ReadOnlySpan<byte> bytes)
    {
        if (!NoisePayload.TryDecode(bytes, out var payload))
            throw Malformed("the payload is no protobuf message");
        if (!PublicKey.TryDecode(payload.IdentityKey, out var key, out var error))
            throw Malformed("the identity key is unreadable: " + error);
        if (!NoiseStaticKey.Verify(key, handshake.RemoteStatic, payload.IdentitySignature))
            throw new HandshakeException(HandshakeFailure.Unauthenticated, $"Peer {key.PeerId} did not sign the Noise key that it uses.");
        if (context.ExpectedPeer is { } expected && !expected.Equals(key.PeerId))
            throw new HandshakeException(HandshakeFailure.UnexpectedPeer, $"Peer {key.PeerId} answered where {expected} was expected.");
        _remoteKey = key;
        _remoteMuxers = payload.Muxers;
    }

    private NoiseConnection Complete()
    {
        Span<byte> keys = stackalloc byte[2 * NoiseCipher.KeyBytes];
        var sendKey = keys[..NoiseCipher.KeyBytes];
        var receiveKey = keys[NoiseCipher.KeyBytes..];
        handshake.Split(sendKey, receiveKey);
        var sending = NoiseCipher.Create(sendKey);
        var receiving = NoiseCipher.Create(receiveKey);
        CryptographicOperations.ZeroMemory(keys);
        var muxer = context.IsInitiator ? EarlyMuxer.Select(context.Muxers, _remoteMuxers) : EarlyMuxer.Select(_remoteMuxers, context.Muxers);
        return new NoiseConnection(raw, reader, sending, receiving, _remoteKey!, muxer);
    }

    private static HandshakeException Malformed(string what) => new(HandshakeFailure.Malformed, $"The Noise handshake is malformed: {what}.");

    private static HandshakeException Unverified(string message) => new(HandshakeFailure.Unauthenticated, $"Noise {message} does not verify.");

    private static HandshakeException SmallOrder() => new(HandshakeFailure.Unauthenticated, "The peer's ephemeral Noise key is a point of small order.");

    /// <summary>A received message, released at the end of its scope.</summary>
    private readonly struct HandshakeMessage(BufferSlice slice) : IDisposable
    {
        public Span<byte> Span => slice.Span;

        public void Dispose() => slice.Release();
    }
}
