using System.Text;
using PeerNet.Connections.Security.PrivateNetwork;

namespace PeerNet.Fuzz.Targets;

public sealed class PskFileTarget : IFuzzTarget
{
    public static string Name => "psk-file";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (!PrivateNetworkKey.TryParse(data, out var key, out var error))
        {
            Oracle.Require(error.Length > 0, "a refusal has a reason");
            return;
        }

        using (key)
        using (var again = PrivateNetworkKey.Parse(Encoding.ASCII.GetBytes(key.ToKeyFile())))
        {
            Oracle.RequireEqual(key.Bytes, again.Bytes, "what is written reads back");
            Oracle.Require(key.Fingerprint() == again.Fingerprint(), "one key has one name");
        }
    }
}
