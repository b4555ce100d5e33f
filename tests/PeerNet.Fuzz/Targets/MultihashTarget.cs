using PeerNet.Multiformats;

namespace PeerNet.Fuzz.Targets;

public sealed class MultihashTarget : IFuzzTarget
{
    public static string Name => "multihash";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var whole = Multihash.TryDecode(data, out _);
        if (!Multihash.TryDecode(data, out var multihash, out var consumed))
        {
            Oracle.Require(!whole, "what is no prefix is no whole");
            return;
        }

        Oracle.Require(whole == (consumed == data.Length), "a whole multihash is a prefix that leaves nothing");
        Oracle.RequireEqual(data[..consumed], multihash.Bytes.Span, "the bytes are kept");
        Oracle.Require(Multihash.FromDigest(multihash.Code, multihash.Digest.Span) == multihash, "code and digest make the same multihash");
    }
}
