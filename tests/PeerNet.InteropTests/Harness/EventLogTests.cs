using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Harness;

[TestClass]
public sealed class EventLogTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [TestMethod]
    public async Task Finds_an_event_that_has_come()
    {
        var log = new EventLog();
        log.Add(Event(1));
        log.Add(Event(2));
        Assert.AreEqual(2, (await log.WaitAsync(e => e.Number("n") == 2, Long, 0, default)).Number("n"));
    }

    [TestMethod]
    public async Task Waits_for_one_that_comes_after_a_mark()
    {
        var log = new EventLog();
        log.Add(Event(1));
        var wait = log.WaitAsync(e => e.Number("n") == 1, Long, log.Count, default);
        Assert.IsFalse(wait.IsCompleted);
        log.Add(Event(1));
        await wait;
    }

    [TestMethod]
    public void Keeps_only_the_newest_and_counts_all()
    {
        var log = new EventLog();
        for (var i = 0; i < 10_000; i++)
            log.Add(Event(i));
        Assert.AreEqual(10_000, log.Count);
        Assert.AreEqual(9_999, log.Since(0)[^1].Number("n"));
        Assert.HasCount(1, log.Since(9_999));
        Assert.IsLessThan(10_000, log.Since(0).Count);
    }

    [TestMethod]
    public async Task The_end_reaches_those_who_wait_and_those_who_come_later()
    {
        var log = new EventLog();
        var wait = log.WaitAsync(_ => false, Long, 0, default);
        log.End(new InvalidOperationException("over"));
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => wait);
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => log.WaitAsync(_ => false, Long, 0, default));
    }

    [TestMethod]
    public async Task A_predicate_that_throws_fails_its_own_wait_only()
    {
        var log = new EventLog();
        var bad = log.WaitAsync(_ => throw new FormatException(), Long, 0, default);
        var good = log.WaitAsync(_ => true, Long, 0, default);
        log.Add(Event(1));
        await good;
        await Assert.ThrowsExactlyAsync<FormatException>(() => bad);
    }

    private static JsonElement Event(int n) => JsonSerializer.SerializeToElement(new { @event = "e", n });
}
