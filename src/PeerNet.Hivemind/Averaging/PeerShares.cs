namespace PeerNet.Hivemind.Averaging;

/// <summary>How a vector is shared among those who average it.</summary>
internal static class PeerShares
{
    /// <summary>Shares a vector evenly among the members that average: neither clients nor those of bandwidth zero.</summary>
    /// <returns>
    /// Elements for each member; null where the members cannot be certain to share it in the same way: when one states a bandwidth (Python then
    /// solves a linear program by a method of its library whose result is one of many), or when nobody averages.
    /// </returns>
    public static int[]? Of(int count, IReadOnlyList<MemberData> members)
    {
        var scores = members.Select(member => member is { Mode: not AveragingMode.Client, Bandwidth: null } ? 1.0 : 0).ToArray();
        return members.Any(member => member is { Mode: not AveragingMode.Client, Bandwidth: > 0 }) || scores.All(score => score == 0) ? null : Split(count, scores);
    }

    /// <summary>Hagenbach-Bischoff: whole parts by score, then one by one to the largest quotient, the first of equal ones.</summary>
    public static int[] Split(int count, IReadOnlyList<double> scores)
    {
        var total = scores.Sum();
        var shares = scores.Select(score => (int)(count * score / total)).ToArray();
        for (var left = count - shares.Sum(); left > 0; left--)
        {
            var best = 0;
            for (var i = 1; i < shares.Length; i++)
            {
                if (scores[i] / (shares[i] + 1) > scores[best] / (shares[best] + 1))
                    best = i;
            }

            shares[best]++;
        }

        return shares;
    }
}
