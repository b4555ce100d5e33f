using PeerNet.Fuzz.Yamux;

namespace PeerNet.Fuzz.Targets;

/// <summary>Two honest ends under any order of operations.</summary>
public sealed class YamuxOperationsTarget : IFuzzTarget
{
    private const int MaxBytes = 2 * 2000;

    public static string Name => "yamux-ops";

    public static void Fuzz(ReadOnlySpan<byte> data) => SessionPair.Run(data[..Math.Min(data.Length, MaxBytes)]);
}
