using PeerNet.Multiformats;

namespace PeerNet.Fuzz.Targets;

public sealed class MultiaddressBinaryTarget : IFuzzTarget
{
    public static string Name => "multiaddr-binary";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var strict = Multiaddress.TryDecode(data, out var address);
        Oracle.Require(strict == Multiaddress.IsValid(data), "IsValid tells what TryDecode does");
        if (!Multiaddress.TryDecodeLenient(data, out var lenient))
        {
            Oracle.Require(!strict, "the lenient reader takes what the strict one takes");
            return;
        }

        Oracle.Require(strict == !lenient.HasUnknown && (address is null || address.Equals(lenient)), "the readers differ on unknown codes alone");
        Oracle.RequireEqual(data, lenient.Bytes.Span, "the bytes are kept");
        Check(lenient);
    }

    internal static void Check(Multiaddress address)
    {
        Oracle.Require(address.Bytes.Length <= Multiaddress.MaxBytes, "the size is bounded");
        Oracle.Require(address.ToString().Length <= Multiaddress.MaxTextLength, "the text is bounded");
        Oracle.Require(Multiaddress.Create(address.Components.AsSpan()).Equals(address), "the components make the same address");
        Oracle.Require(Multiaddress.TryDecodeLenient(address.Bytes.Span, out var decoded) && decoded.Equals(address), "the bytes read back");
        _ = address.GetScope();
        _ = address.GetTransport();
        _ = address.ToComparable();
        _ = address.TrySplitCircuit(out _, out _);
        _ = address.TryGetServerName(out _);
        _ = address.TryGetIPEndPoint(out _);
    }
}
