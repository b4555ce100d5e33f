using PeerNet.Fuzz;

namespace PeerNet.UnitTests.Fuzz;

[TestClass]
public sealed class CorpusReplayTests
{
    private const int Iterations = 2_000;
    private const int Seed = 20_251;

    public static IEnumerable<object[]> Targets => FuzzTarget.All.Select(target => new object[] { target.Name });

    [TestMethod]
    [DynamicData(nameof(Targets))]
    public void Every_corpus_file_passes(string name)
    {
        var target = Find(name);
        var corpus = target.ReadCorpus();
        Assert.AreNotEqual(0, corpus.Count, $"{target.CorpusFolder} is empty");
        foreach (var (file, data) in corpus)
        {
            try
            {
                target.Fuzz(data);
            }
            catch (Exception e)
            {
                Assert.Fail($"{name}/{file}: {e}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Targets))]
    public void A_seeded_mutation_run_passes(string name) => FuzzRun.Execute(Find(name), Iterations, Seed);

    [TestMethod]
    public void The_same_seed_makes_the_same_inputs()
    {
        var corpus = new byte[][] { [1, 2, 3], [4] };
        for (var i = 0; i < 100; i++)
            CollectionAssert.AreEqual(new Mutator(corpus, Seed).Make(i), new Mutator(corpus, Seed).Make(i));
    }

    private static FuzzTarget Find(string name) => FuzzTarget.All.Single(target => target.Name == name);
}
