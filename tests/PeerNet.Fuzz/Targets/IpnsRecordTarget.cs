using PeerNet.Identity;
using PeerNet.Protocols.Kad.Records;

namespace PeerNet.Fuzz.Targets;

/// <summary>A byte of length, a key of that length, and a record.</summary>
public sealed class IpnsRecordTarget : IFuzzTarget
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string Name => "ipns-record";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        var length = Math.Min(data[0], data.Length - 1);
        var key = data.Slice(1, length).ToArray();
        var value = data[(1 + length)..].ToArray();
        var validator = new IpnsValidator();
        var isValid = validator.TryValidate(key, value, Now, out var error);
        Oracle.Require(isValid == error is null, "a good record or an error");
        Oracle.Require(validator.Compare(key, value, value) == 0, "a record is as good as itself");
        Oracle.Require(validator.Compare(key, value, default) >= 0, "nothing is worse than nothing");
        if (!isValid)
            return;
        Oracle.Require(ValueKey.TrySplit(key, out _, out var rest) && PeerId.TryDecode(rest.Span, out var name) && IpnsRecord.TryVerify(name, value, out _, out _), "what is valid is signed");
        Oracle.Require(value.Length <= IpnsRecord.MaxBytes, "and not too long");
    }
}
