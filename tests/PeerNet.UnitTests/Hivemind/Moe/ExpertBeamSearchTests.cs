using CsCheck;
using PeerNet.Hivemind.Moe;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Hivemind.Moe;

/// <summary>Searches in grids that are a set of uids.</summary>
[TestClass]
public sealed class ExpertBeamSearchTests
{
    [TestMethod]
    public Task A_wide_beam_finds_the_best_experts_of_the_whole_grid()
        => Gen.Select(Gen.Int[1, 4], Gen.Int[0, 10_000]).SampleAsync(async (dimensions, seed) =>
        {
            var chance = new Random(seed);
            double[][] scores = [.. Enumerable.Range(0, dimensions).Select(_ => Enumerable.Range(0, 5).Select(_ => chance.NextDouble()).ToArray())];
            var experts = Enumerable.Range(0, 12).Select(_ => ExpertUid.Parse("ffn." + string.Join('.', Enumerable.Range(0, dimensions).Select(_ => chance.Next(5))))).Distinct().ToArray();
            var found = await SearchAsync(experts, scores, 625);
            var expected = experts.OrderByDescending(uid => Score(uid, scores)).Select(uid => uid.Text).ToArray();
            CollectionAssert.AreEqual(expected, found.Select(scored => scored.Expert.Uid.Text).ToArray());
        }, iter: 100);

    [TestMethod]
    public async Task A_narrow_beam_finds_no_more_than_its_width()
    {
        var experts = Enumerable.Range(0, 27).Select(i => ExpertUid.Parse($"ffn.{i / 9}.{i / 3 % 3}.{i % 3}")).ToArray();
        var found = await SearchAsync(experts, [[0, 1, 2], [0, 10, 20], [0, 100, 200]], 2);
        CollectionAssert.AreEqual(new[] { "ffn.2.2.2", "ffn.1.2.2" }, found.Select(scored => scored.Expert.Uid.Text).ToArray());
        Assert.AreEqual(222, found[0].Score);
    }

    [TestMethod]
    public async Task Nothing_is_found_in_an_empty_grid() => Assert.IsEmpty(await SearchAsync([], [[1, 2], [3, 4], [5, 6]], 4));

    [TestMethod]
    public async Task Experts_outside_the_grid_are_left_out()
    {
        var found = await SearchAsync([ExpertUid.Parse("ffn.0.1"), ExpertUid.Parse("ffn.0.7"), ExpertUid.Parse("ffn.1")], [[1, 2], [3, 4]], 4);
        CollectionAssert.AreEqual(new[] { "ffn.0.1" }, found.Select(scored => scored.Expert.Uid.Text).ToArray());
    }

    private static double Score(ExpertUid uid, IReadOnlyList<IReadOnlyList<double>> scores) => uid.Coordinates.Select((coordinate, i) => scores[i][coordinate]).Sum();

    private static Task<IReadOnlyList<ScoredExpert>> SearchAsync(ExpertUid[] experts, IReadOnlyList<IReadOnlyList<double>> scores, int width)
    {
        var table = new Dictionary<string, Dictionary<int, ExpertLocation>>();
        foreach (var uid in experts)
        {
            foreach (var (prefix, next) in uid.Announcements())
            {
                table.TryAdd(prefix.Text, []);
                table[prefix.Text][next] = new ExpertLocation(uid, PeerStreamPair.KeyOf(1).PeerId);
            }
        }

        return new ExpertBeamSearch(ExpertPrefix.Parse("ffn."), scores, width).RunAsync(
            (prefixes, _) => Task.FromResult<IReadOnlyList<IReadOnlyDictionary<int, ExpertLocation>>>([.. prefixes.Select(prefix => table.GetValueOrDefault(prefix.Text) ?? [])]), default);
    }
}
