using System.Text;
using PeerNet.Multiformats;

namespace PeerNet.Fuzz.Targets;

public sealed class MultibaseTarget : IFuzzTarget
{
    public static string Name => "multibase";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var text = Encoding.UTF8.GetString(data);
        if (Multibase.TryDecode(text, out var bytes, out var encoding))
        {
            var canonical = Multibase.Encode(encoding, bytes);
            Oracle.Require(Multibase.TryDecode(canonical, out var back, out var same) && same == encoding, "what is written is read");
            Oracle.RequireEqual(bytes, back, "what is written reads as the same bytes");
            if (encoding != MultibaseEncoding.Base2)
                Oracle.Require(string.Equals(text, canonical, StringComparison.OrdinalIgnoreCase), "one text per value, letter case apart");
        }

        if (Base58Btc.TryDecode(text, out bytes))
            Oracle.Require(Base58Btc.Encode(bytes) == text, "base 58 has one text per value");
    }
}
