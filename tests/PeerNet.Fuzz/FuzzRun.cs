namespace PeerNet.Fuzz;

/// <summary>A seeded mutation run over a target's corpus.</summary>
public static class FuzzRun
{
    /// <summary>Runs <paramref name="iterations"/> mutated inputs and throws on the first finding, with all that replays it.</summary>
    public static void Execute(FuzzTarget target, int iterations, int seed)
    {
        var mutator = new Mutator([.. target.ReadCorpus().Select(entry => entry.Data)], seed);
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var input = mutator.Make(iteration);
            try
            {
                target.Fuzz(input);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"{target} failed on seed {seed}, iteration {iteration}: {e.GetType().Name}: {e.Message}{Environment.NewLine}"
                        + $"Keep this input in {target.CorpusFolder}: {Convert.ToHexStringLower(input)}",
                    e);
            }
        }
    }
}
