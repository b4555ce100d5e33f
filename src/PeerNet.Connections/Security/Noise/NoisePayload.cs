using System.Text;
using PeerNet.Core;
using PeerNet.Identity.Wire;

namespace PeerNet.Connections.Security.Noise;

/// <summary>
/// The message <c>NoiseHandshakePayload</c> that handshake messages 2 and 3 carry (noise specification, "The libp2p Handshake Payload").
/// Decoding slices its input; only the muxer names are copied. Unknown fields, and extensions meant for other transports, are skipped.
/// </summary>
internal ref struct NoisePayload
{
    /// <summary>Implementation limit: a longer list of muxers is ignored as a whole, as in go-libp2p.</summary>
    public const int MaxMuxers = 100;

    private const int IdentityKeyField = 1;
    private const int IdentitySignatureField = 2;
    private const int ExtensionsField = 4;
    private const int StreamMuxersField = 2;

    /// <summary>The <c>PublicKey</c> message of the identity.</summary>
    public ReadOnlySpan<byte> IdentityKey { get; private set; }

    /// <summary>The identity's signature over the static key.</summary>
    public ReadOnlySpan<byte> IdentitySignature { get; private set; }

    /// <summary>The multiplexers on offer, the preferred one first.</summary>
    public IReadOnlyList<ProtocolId> Muxers { get; private set; }

    /// <summary>Reads a payload. False when it is no protobuf message; absent fields are empty.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> message, out NoisePayload payload)
    {
        payload = new NoisePayload { Muxers = [] };
        var muxers = new MuxerList();
        var reader = new ProtoReader(message);
        while (reader.Read())
        {
            if (reader.IsBytes(IdentityKeyField))
                payload.IdentityKey = reader.Bytes;
            else if (reader.IsBytes(IdentitySignatureField))
                payload.IdentitySignature = reader.Bytes;
            else if (reader.IsBytes(ExtensionsField) && !muxers.TryReadExtensions(reader.Bytes))
                return false;
        }

        payload.Muxers = muxers.Offered;
        return !reader.IsMalformed;
    }

    /// <summary>Length of the payload that <see cref="Encode"/> writes.</summary>
    public static int EncodedLength(int identityKeyBytes, int signatureBytes, IReadOnlyList<ProtocolId> muxers)
    {
        var length = ProtoWriter.BytesFieldLength(identityKeyBytes) + ProtoWriter.BytesFieldLength(signatureBytes);
        return muxers.Count == 0 ? length : length + ProtoWriter.BytesFieldLength(ExtensionsLength(muxers));
    }

    /// <summary>Writes a payload; extensions only where there are muxers to offer.</summary>
    public static void Encode(ReadOnlySpan<byte> identityKey, ReadOnlySpan<byte> signature, IReadOnlyList<ProtocolId> muxers, Span<byte> destination)
    {
        var writer = new ProtoWriter(destination);
        writer.WriteBytesField(IdentityKeyField, identityKey);
        writer.WriteBytesField(IdentitySignatureField, signature);
        if (muxers.Count == 0)
            return;
        writer.WriteBytesHeader(ExtensionsField, ExtensionsLength(muxers));
        for (var i = 0; i < muxers.Count; i++)
            writer.WriteBytesField(StreamMuxersField, Encoding.UTF8.GetBytes(muxers[i].Value));
    }

    private static int ExtensionsLength(IReadOnlyList<ProtocolId> muxers)
    {
        var length = 0;
        for (var i = 0; i < muxers.Count; i++)
            length += ProtoWriter.BytesFieldLength(Encoding.UTF8.GetByteCount(muxers[i].Value));
        return length;
    }

    /// <summary>Collects <c>stream_muxers</c> over all occurrences of the extensions, which protobuf merges.</summary>
    private ref struct MuxerList
    {
        private List<ProtocolId>? _names;
        private int _count;

        public readonly IReadOnlyList<ProtocolId> Offered => _names is null || _count > MaxMuxers ? [] : _names;

        public bool TryReadExtensions(ReadOnlySpan<byte> extensions)
        {
            var reader = new ProtoReader(extensions);
            while (reader.Read())
            {
                if (reader.IsBytes(StreamMuxersField) && ++_count <= MaxMuxers && reader.Bytes.Length <= ProtocolId.MaxBytes)
                    (_names ??= []).Add(Encoding.UTF8.GetString(reader.Bytes));
            }

            return !reader.IsMalformed;
        }
    }
}
