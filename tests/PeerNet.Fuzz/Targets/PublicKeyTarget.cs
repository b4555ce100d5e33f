using PeerNet.Identity;

namespace PeerNet.Fuzz.Targets;

public sealed class PublicKeyTarget : IFuzzTarget
{
    public static string Name => "public-key";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (!PublicKey.TryDecode(data, out var key, out var error))
        {
            Oracle.Require(error is not null, "a refusal has a reason");
            return;
        }

        Check(key);
        // The input as a signature over itself: never valid, never an exception.
        Oracle.Require(!key.Verify(data, data), "a signature is not found by chance");
    }

    internal static void Check(PublicKey key)
    {
        Oracle.Require(key.Encoded.Length <= PublicKey.MaxEncodedBytes, "the size is bounded");
        Oracle.Require(key.Encoded.Span.EndsWith(key.Raw.Span), "the data stands at the end");
        Oracle.Require(PublicKey.TryDecode(key.Encoded.Span, out var decoded, out _) && decoded.Equals(key), "the canonical bytes read back");
        Oracle.RequireEqual(key.Encoded.Span, decoded.Encoded.Span, "the canonical bytes are a fixed point");
        Oracle.Require(decoded.PeerId == key.PeerId && decoded.GetHashCode() == key.GetHashCode(), "equal keys have one id");
        Oracle.Require(PeerId.TryDecode(key.PeerId.Bytes.Span, out var id) && id == key.PeerId, "every key has an id that can be read");
        Oracle.Require(!id.TryGetPublicKey(out var contained) || contained.Equals(key), "the id contains the key");
    }
}
