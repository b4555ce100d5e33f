using PeerNet.Identity;

namespace PeerNet.Fuzz.Targets;

public sealed class KeyFileTarget : IFuzzTarget
{
    public static string Name => "key-file";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        PrivateKey key;
        try
        {
            key = KeyFile.Import(data, "input");
        }
        catch (KeyFileException e)
        {
            Oracle.Require(e.Message.StartsWith("input: ", StringComparison.Ordinal), "the error names the file");
            return;
        }

        using (key)
        {
            PrivateKeyTarget.Check(key);
            foreach (var format in new[] { KeyFileFormat.Protobuf, KeyFileFormat.Base64, KeyFileFormat.PemPkcs8 })
            {
                using var again = KeyFile.Import(KeyFile.Export(key, format), "written");
                Oracle.Require(again.PeerId == key.PeerId, "what is written is read");
            }
        }
    }
}
