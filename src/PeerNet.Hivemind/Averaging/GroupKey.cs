using System.Numerics;

namespace PeerNet.Hivemind.Averaging;

/// <summary>
/// The key under which averagers meet: <c>PREFIX.0bBITS</c>. After each group its members scatter over the keys by draws from a generator
/// seeded with the group's id, so that everyone meets everyone in few rounds. No bits, no scattering.
/// </summary>
/// <param name="Prefix">The averagers' common prefix, without a dot.</param>
/// <param name="Bits">Zeros and ones, or nothing.</param>
internal readonly record struct GroupKey(string Prefix, string Bits)
{
    public static bool IsPrefix(string text) => text.Length > 0 && !text.Contains('.', StringComparison.Ordinal);

    public static bool IsBits(string text) => !text.AsSpan().ContainsAnyExcept('0', '1');

    /// <summary>How many keys a group scatters over.</summary>
    public static int BucketCount(int groupSize, int? targetGroupSize) => targetGroupSize ?? (groupSize == 0 ? 1 : (int)BitOperations.RoundUpToPowerOf2((uint)groupSize));

    /// <summary>The key after a group.</summary>
    public GroupKey After(ReadOnlySpan<byte> groupId, int groupSize, int ownIndex, int? targetGroupSize)
    {
        if (Bits.Length == 0)
            return this;
        var buckets = BucketCount(groupSize, targetGroupSize);
        var draw = new PythonRandom(groupId).Sample(buckets, groupSize)[ownIndex];
        var width = buckets == 1 ? 1 : BitOperations.Log2((uint)(buckets - 1)) + 1;
        var bits = Bits + draw.ToString("b").PadLeft(width, '0');
        return this with { Bits = bits[^Bits.Length..] };
    }

    public override string ToString() => $"{Prefix}.0b{Bits}";
}
