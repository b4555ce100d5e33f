using PeerNet.Connections.Security.Noise;

namespace PeerNet.Fuzz.Targets;

public sealed class NoisePayloadTarget : IFuzzTarget
{
    public static string Name => "noise-payload";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (!NoisePayload.TryDecode(data, out var payload))
            return;
        Oracle.Require(payload.Muxers.Count <= NoisePayload.MaxMuxers, "the list of muxers is bounded");
        var encoded = new byte[NoisePayload.EncodedLength(payload.IdentityKey.Length, payload.IdentitySignature.Length, payload.Muxers)];
        NoisePayload.Encode(payload.IdentityKey, payload.IdentitySignature, payload.Muxers, encoded);
        Oracle.Require(NoisePayload.TryDecode(encoded, out var again), "what is written can be read");
        Oracle.RequireEqual(payload.IdentityKey, again.IdentityKey, "the key survives");
        Oracle.RequireEqual(payload.IdentitySignature, again.IdentitySignature, "the signature survives");
        Oracle.Require(payload.Muxers.SequenceEqual(again.Muxers), "the muxers survive");
    }
}
