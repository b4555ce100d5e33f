using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Averaging;

/// <summary>What a member gives to all others.</summary>
/// <param name="Bandwidth">Its bandwidth; null when it states none, zero when it is not to average.</param>
/// <param name="Mode">How it takes part.</param>
/// <param name="User">What the application adds.</param>
internal sealed record MemberData(double? Bandwidth, AveragingMode Mode, HivemindValue User);

/// <summary>
/// What members give to all:
/// <code>
/// [ bandwidth or nil, mode, bytes of the application's value ]
/// </code>
/// </summary>
internal static class GatherCodec
{
    public static byte[] Encode(MemberData data) => HivemindValue.List(
        data.Bandwidth is { } bandwidth ? bandwidth : HivemindValue.Nil, (int)data.Mode, data.User.ToBytes()).ToBytes();

    /// <summary>Reads what a member gives; null for bytes that are none.</summary>
    public static MemberData? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (!ValueReader.TryRead(bytes, out var value)
            || value is not ListValue { Items: [var rate, IntegerValue number, BytesValue user] }
            || !number.IsWithin(0, (int)AveragingMode.Auxiliary, out var mode)
            || !ValueReader.TryRead(user.Value.Span, out var content))
        {
            return null;
        }

        double? bandwidth = rate switch
        {
            NilValue => null,
            FloatValue some => some.Value,
            IntegerValue some => (double)some.Value,
            _ => double.NaN,
        };
        return bandwidth is null || (double.IsFinite(bandwidth.Value) && bandwidth >= 0) ? new MemberData(bandwidth, (AveragingMode)mode, content) : null;
    }
}
