using System.Text;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Fuzz.Targets;

public sealed class PeerIdTarget : IFuzzTarget
{
    public static string Name => "peer-id";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (PeerId.TryDecode(data, out var id, out var error))
            Check(id);
        else
            Oracle.Require(error is not null, "a refusal has a reason");
        if (PeerId.TryParse(Encoding.UTF8.GetString(data), out id, out error))
            Check(id);
        else
            Oracle.Require(error is not null, "a refusal has a reason");
    }

    private static void Check(PeerId id)
    {
        Oracle.Require(id.Bytes.Length is 34 or 38 or 39, "an id is hashed, Ed25519 or secp256k1");
        Oracle.Require(PeerId.TryDecode(id.Bytes.Span, out var decoded) && decoded == id, "the bytes read back");
        Oracle.RequireEqual(id.Bytes.Span, decoded.Bytes.Span, "the bytes are canonical");
        Oracle.Require(decoded.GetHashCode() == id.GetHashCode() && decoded.CompareTo(id) == 0, "equal ids hash and compare alike");
        Oracle.Require(PeerId.Parse(id.ToString()) == id && PeerId.Parse(id.ToCid()) == id, "the texts read back");
        Oracle.Require(PeerId.Parse(id.ToCid(MultibaseEncoding.Base2)) == id, "the longest text reads back");
        Oracle.Require(!id.TryGetPublicKey(out var key) || key.PeerId == id, "the contained key has this id");
        Oracle.Require(Multiaddress.Create(new MultiaddressComponent(MultiaddressCodes.P2p, id.Bytes)).TryGetPeerId(out var inAddress) && inAddress == id, "an address carries it");
    }
}
