using PeerNet.Identity;

namespace PeerNet.Fuzz.Targets;

public sealed class PrivateKeyTarget : IFuzzTarget
{
    public static string Name => "private-key";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (!PrivateKey.TryDecode(data, out var key, out var error))
        {
            Oracle.Require(error is not null, "a refusal has a reason");
            return;
        }

        using (key)
            Check(key);
    }

    internal static void Check(PrivateKey key)
    {
        PublicKeyTarget.Check(key.PublicKey);
        var message = "message"u8;
        Oracle.Require(key.PublicKey.Verify(message, key.Sign(message)), "the halves belong together");
        var encoded = key.Encode();
        Oracle.Require(PrivateKey.TryDecode(encoded, out var decoded, out _), "what is written is read");
        using (decoded)
            Oracle.RequireEqual(encoded, decoded.Encode(), "the written bytes are a fixed point");
    }
}
