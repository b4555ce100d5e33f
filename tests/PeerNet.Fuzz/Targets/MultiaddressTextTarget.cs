using System.Text;
using PeerNet.Multiformats;

namespace PeerNet.Fuzz.Targets;

public sealed class MultiaddressTextTarget : IFuzzTarget
{
    public static string Name => "multiaddr-text";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var text = Encoding.UTF8.GetString(data);
        if (!Multiaddress.TryParse(text, out var address, out var error))
        {
            Oracle.Require(error.Length < 8192 && !error.Any(char.IsControl), "the error is one printable line");
            return;
        }

        MultiaddressBinaryTarget.Check(address);
        Oracle.Require(Multiaddress.TryParse(address.ToString(), out var again) && again.Equals(address), "the canonical text reads back");
        Oracle.Require(again.ToString() == address.ToString(), "the canonical text is canonical");
    }
}
