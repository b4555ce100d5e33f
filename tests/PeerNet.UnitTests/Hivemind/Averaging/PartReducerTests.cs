using PeerNet.Hivemind.Averaging;

namespace PeerNet.UnitTests.Hivemind.Averaging;

[TestClass]
public sealed class PartReducerTests
{
    [TestMethod]
    public async Task Parts_are_weighted_and_done_when_all_have_given()
    {
        var reducer = new PartReducer([new VectorPart(0, 2), new VectorPart(2, 1)], 2);
        var first = reducer.AddAsync(0, [1, 2], 1);
        Assert.IsFalse(first.IsCompleted);
        var second = reducer.AddAsync(1, [4, 8], 3);
        CollectionAssert.AreEqual(new float[] { 3.25f, 6.5f }, await first);
        Assert.AreSame(await first, await second);
        var next = reducer.AddAsync(0, [5], 1);
        Assert.IsFalse(next.IsCompleted);
        reducer.Fail(1);
        CollectionAssert.AreEqual(new float[] { 5 }, await next);
    }

    [TestMethod]
    public async Task A_sender_that_failed_counts_for_what_it_gave()
    {
        var reducer = new PartReducer([new VectorPart(0, 1), new VectorPart(1, 1)], 2);
        var theirs = reducer.AddAsync(1, [3], 1);
        reducer.Fail(1);
        CollectionAssert.AreEqual(new float[] { 2 }, await reducer.AddAsync(0, [1], 1));
        CollectionAssert.AreEqual(new float[] { 2 }, await theirs);
        Assert.IsNull(await reducer.AddAsync(1, [9], 1));
        CollectionAssert.AreEqual(new float[] { 7 }, await reducer.AddAsync(0, [7], 1));
    }

    [TestMethod]
    public async Task Parts_out_of_turn_or_of_another_length_are_refused()
    {
        var reducer = new PartReducer([new VectorPart(0, 2)], 2);
        Assert.IsNull(await reducer.AddAsync(0, [1], 1));
        _ = reducer.AddAsync(0, [1, 1], 1);
        Assert.IsNull(await reducer.AddAsync(0, [1, 1], 1));
    }

    [TestMethod]
    public async Task Without_weight_there_is_no_average()
    {
        var reducer = new PartReducer([new VectorPart(0, 1)], 1);
        Assert.IsEmpty((await reducer.AddAsync(0, [1], 0))!);
    }

    [TestMethod]
    public async Task Aborting_ends_all_waits()
    {
        var reducer = new PartReducer([new VectorPart(0, 1)], 2);
        var wait = reducer.AddAsync(0, [1], 1);
        reducer.Abort();
        Assert.IsNull(await wait);
    }
}
