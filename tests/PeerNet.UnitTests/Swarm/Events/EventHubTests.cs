using Microsoft.Extensions.Time.Testing;
using PeerNet.Identity;
using PeerNet.Swarm.Events;

namespace PeerNet.UnitTests.Swarm.Events;

[TestClass]
public sealed class EventHubTests
{
    private static readonly PeerId Peer = PeerId.Parse("12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC");

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public async Task Tells_every_subscriber_everything_from_the_moment_it_subscribed()
    {
        var hub = new EventHub(new FakeTimeProvider(), 100);
        hub.Publish(Event(0));
        var first = hub.Subscribe(TestContext.CancellationToken);
        hub.Publish(Event(1));
        var second = hub.Subscribe(TestContext.CancellationToken);
        hub.Publish(Event(2));
        hub.Complete();
        CollectionAssert.AreEqual(new[] { "1", "2" }, await ReadAsync(first));
        CollectionAssert.AreEqual(new[] { "2" }, await ReadAsync(second));
    }

    [TestMethod]
    public async Task A_slow_subscriber_loses_the_oldest_and_is_told_how_many()
    {
        var hub = new EventHub(new FakeTimeProvider(), 3);
        var events = hub.Subscribe(TestContext.CancellationToken);
        for (var i = 0; i < 10; i++)
            hub.Publish(Event(i));
        hub.Complete();
        CollectionAssert.AreEqual(new[] { "missed 7", "7", "8", "9" }, await ReadAsync(events));
    }

    [TestMethod]
    public async Task A_subscription_ends_with_its_token_even_when_it_was_never_read()
    {
        var hub = new EventHub(new FakeTimeProvider(), 3);
        using var source = new CancellationTokenSource();
        var events = hub.Subscribe(source.Token);
        Assert.IsTrue(hub.HasSubscribers);
        await source.CancelAsync();
        Assert.IsFalse(hub.HasSubscribers);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await ReadAsync(events));
    }

    [TestMethod]
    public async Task A_subscription_ends_when_its_reader_stops()
    {
        var hub = new EventHub(new FakeTimeProvider(), 3);
        var events = hub.Subscribe(TestContext.CancellationToken);
        hub.Publish(Event(1));
        await foreach (var _ in events)
            break;
        Assert.IsFalse(hub.HasSubscribers);
    }

    private static MisbehaviourReported Event(int number) => new(default, Peer, new Misbehaviour("/a", "test", $"{number}"));

    private static async Task<List<string>> ReadAsync(IAsyncEnumerable<SwarmEvent> events)
    {
        var read = new List<string>();
        await foreach (var happened in events)
            read.Add(happened is EventsMissed missed ? $"missed {missed.Count}" : ((MisbehaviourReported)happened).Misbehaviour.Detail);
        return read;
    }
}
