using System.Text;
using PeerNet.Multiformats;

namespace PeerNet.Fuzz.Targets;

public sealed class CidTarget : IFuzzTarget
{
    public static string Name => "cid";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (Cid.TryDecode(data, out var cid, out var consumed))
        {
            Oracle.RequireEqual(data[..consumed], cid.Bytes.Span, "the bytes are kept");
            Check(cid);
        }

        if (Cid.TryParse(Encoding.UTF8.GetString(data), out cid))
            Check(cid);
    }

    private static void Check(Cid cid)
    {
        Oracle.Require(cid.Equals(cid.Version == 0 ? Cid.CreateV0(cid.Hash) : Cid.CreateV1(cid.Codec, cid.Hash)), "the parts make the same CID");
        Oracle.Require(Cid.TryDecode(cid.Bytes.Span, out var decoded) && decoded.Equals(cid), "the bytes read back");
        var text = cid.ToString();
        // A digest may be too long for the text reader's limit; then the text must be refused, not misread.
        Oracle.Require(Cid.TryParse(text, out var parsed) ? parsed.Equals(cid) : text.Length > Multibase.MaxRadixTextLength, "the text reads back");
    }
}
