using PeerNet.Core;
using PeerNet.Swarm;
using PeerNet.Swarm.Streams;

namespace PeerNet.UnitTests.Swarm.Streams;

[TestClass]
public sealed class HandlerRegistryTests
{
    private readonly List<string> _changes = [];

    [TestMethod]
    public void A_handler_for_the_name_comes_before_one_that_matches_many()
    {
        var registry = Create();
        var many = registry.Add(protocol => protocol.Value.StartsWith("/a/", StringComparison.Ordinal), Nothing, new HandlerOptions());
        var one = registry.Add("/a/1", Nothing, new HandlerOptions());
        Assert.AreSame(one, registry.Find("/a/1"));
        Assert.AreSame(many, registry.Find("/a/2"));
        Assert.IsNull(registry.Find("/b"));
        one.Dispose();
        Assert.AreSame(many, registry.Find("/a/1"));
        many.Dispose();
        Assert.IsNull(registry.Find("/a/1"));
    }

    [TestMethod]
    public void Tells_of_names_that_come_and_go_but_not_of_matches()
    {
        var registry = Create();
        registry.Add(_ => true, Nothing, new HandlerOptions()).Dispose();
        var one = registry.Add("/a", Nothing, new HandlerOptions());
        CollectionAssert.AreEqual(new ProtocolId[] { "/a" }, registry.Protocols.ToArray());
        one.Dispose();
        one.Dispose();
        CollectionAssert.AreEqual(new[] { "+/a", "-/a" }, _changes);
    }

    [TestMethod]
    public void One_protocol_has_one_handler()
    {
        var registry = Create();
        var first = registry.Add("/a", Nothing, new HandlerOptions());
        Assert.ThrowsExactly<InvalidOperationException>(() => registry.Add("/a", Nothing, new HandlerOptions()));
        first.Dispose();
        var second = registry.Add("/a", Nothing, new HandlerOptions());
        first.Dispose();
        Assert.AreSame(second, registry.Find("/a"), "an old registration does not take away a new one");
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("/a\n/b")]
    public void A_name_that_cannot_be_sent_is_refused(string name)
        => Assert.ThrowsExactly<ArgumentException>(() => Create().Add(name, Nothing, new HandlerOptions()));

    private static ValueTask Nothing(PeerNet.Core.Connections.PeerStream stream, CancellationToken token) => ValueTask.CompletedTask;

    private HandlerRegistry Create() => new((added, removed) =>
    {
        _changes.AddRange(added.Select(protocol => $"+{protocol}"));
        _changes.AddRange(removed.Select(protocol => $"-{protocol}"));
    });
}
