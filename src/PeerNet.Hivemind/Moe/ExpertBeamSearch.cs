namespace PeerNet.Hivemind.Moe;

/// <summary>An expert with the score of its coordinates.</summary>
/// <param name="Score">The sum of its coordinates' scores.</param>
/// <param name="Expert">The expert.</param>
public readonly record struct ScoredExpert(double Score, ExpertLocation Expert);

/// <summary>
/// Searches the grid of experts for those with the highest sums of scores, one dimension after another. It never looks at the whole grid:
/// of each dimension the best prefixes that lead anywhere are kept, as many as the beam is wide. Not thread-safe; the lookup is the caller's.
/// </summary>
internal sealed class ExpertBeamSearch(ExpertPrefix prefix, IReadOnlyList<IReadOnlyList<double>> scores, int width)
{
    private readonly Dictionary<ExpertUid, ScoredExpert> _best = [];
    private readonly PriorityQueue<int, double> _initial = new();
    private List<Branch> _beam = [];

    /// <summary>Looks prefixes up: for each what leads on from it; empty when that is nothing.</summary>
    public delegate Task<IReadOnlyList<IReadOnlyDictionary<int, ExpertLocation>>> LookupAsync(IReadOnlyList<ExpertPrefix> prefixes, CancellationToken token);

    /// <summary>Runs the search.</summary>
    /// <returns>At most as many experts as the beam is wide, the best first.</returns>
    public async Task<IReadOnlyList<ScoredExpert>> RunAsync(LookupAsync lookupAsync, CancellationToken token)
    {
        for (var i = 0; i < scores[0].Count; i++)
            _initial.Enqueue(i, -scores[0][i]);

        // The first dimension has no record of what leads on: its indices are tried from the best score down.
        while (_beam.Count < width && _initial.Count > 0)
        {
            var indices = new List<int>();
            while (indices.Count < width - _beam.Count && _initial.TryDequeue(out var index, out _))
                indices.Add(index);
            var found = await lookupAsync([.. indices.Select(prefix.Extend)], token).ConfigureAwait(false);
            _beam.AddRange(indices.Zip(found, (index, next) => new Branch(scores[0][index], prefix.Extend(index), next)).Where(branch => branch.Next.Count > 0));
        }

        for (var dimension = 1; dimension < scores.Count - 1 && _beam.Count > 0; dimension++)
        {
            Collect();
            var row = scores[dimension];
            var extended = _beam
                .SelectMany(branch => branch.Next.Keys.Where(next => next >= 0 && next < row.Count).Select(next => (Score: branch.Score + row[next], Prefix: branch.Prefix.Extend(next))))
                .OrderByDescending(pair => pair.Score).ThenByDescending(pair => pair.Prefix.Text, StringComparer.Ordinal).Take(width).ToArray();
            var found = await lookupAsync([.. extended.Select(pair => pair.Prefix)], token).ConfigureAwait(false);
            _beam = [.. extended.Zip(found, (pair, next) => new Branch(pair.Score, pair.Prefix, next)).Where(branch => branch.Next.Count > 0)];
        }

        Collect();
        return [.. _best.Values.OrderByDescending(scored => scored.Score).ThenByDescending(scored => scored.Expert.Uid).Take(width)];
    }

    // Every record on the way names an expert as an example: all of them compete.
    private void Collect()
    {
        foreach (var expert in _beam.SelectMany(branch => branch.Next.Values))
        {
            if (expert.Uid.Name == prefix.Name && expert.Uid.Coordinates.Count == scores.Count && TryScore(expert.Uid, out var score))
                _best.TryAdd(expert.Uid, new ScoredExpert(score, expert));
        }
    }

    private bool TryScore(ExpertUid uid, out double score)
    {
        score = 0;
        for (var i = 0; i < scores.Count; i++)
        {
            if (uid.Coordinates[i] >= scores[i].Count)
                return false;
            score += scores[i][uid.Coordinates[i]];
        }

        return true;
    }

    private sealed record Branch(double Score, ExpertPrefix Prefix, IReadOnlyDictionary<int, ExpertLocation> Next);
}
