namespace PeerNet.Hivemind.Averaging;

/// <summary>A piece of the vector.</summary>
/// <param name="Start">Its first element in the vector.</param>
/// <param name="Length">How many it has.</param>
internal readonly record struct VectorPart(int Start, int Length);

/// <summary>
/// Cuts tensors that lie behind each other in a vector into parts, none across two tensors, and gives each part to the member whose share it
/// overlaps most. All members cut in the same way. Immutable.
/// </summary>
internal sealed class TensorPartition
{
    private readonly List<VectorPart>[] _parts;

    /// <param name="tensorSizes">Elements of each tensor.</param>
    /// <param name="shares">The members' shares, in any unit.</param>
    /// <param name="partLength">The most elements of a part.</param>
    public TensorPartition(IReadOnlyList<int> tensorSizes, IReadOnlyList<double> shares, int partLength)
    {
        _parts = [.. shares.Select(_ => new List<VectorPart>())];
        var pivots = Pivots(tensorSizes.Sum(), shares);
        var start = 0;
        var member = 0;
        foreach (var size in tensorSizes)
        {
            // A tensor without elements is one part without elements.
            for (var offset = 0; offset < size || offset == 0; offset += partLength)
            {
                var part = new VectorPart(start, Math.Min(partLength, size - offset));
                _parts[Assign(part, pivots, ref member)].Add(part);
                start += part.Length;
            }
        }
    }

    public int MemberCount => _parts.Length;

    public IReadOnlyList<VectorPart> PartsOf(int member) => _parts[member];

    private static long[] Pivots(int total, IReadOnlyList<double> shares)
    {
        var sum = shares.Sum();
        var pivots = new long[shares.Count];
        var cumulative = 0.0;
        for (var i = 0; i < pivots.Length; i++)
        {
            cumulative += shares[i];
            pivots[i] = (long)(cumulative / sum * total);
        }

        pivots[^1] = total;
        return pivots;
    }

    private static int Assign(VectorPart part, long[] pivots, ref int member)
    {
        var end = part.Start + part.Length;
        if (end <= pivots[member])
            return member;
        var best = member;
        var overlap = pivots[member] - part.Start;
        while (end > pivots[member])
        {
            member++;
            var more = Math.Min(end, pivots[member]) - pivots[member - 1];
            if (more > overlap)
                (best, overlap) = (member, more);
        }

        return best;
    }
}
