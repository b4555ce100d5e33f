using PeerNet.Configuration;
using PeerNet.Dht;
using PeerNet.Protocols.Kad;

namespace PeerNet.UnitTests.Dht;

/// <summary>Whole nodes with a hash table of their own over the memory transport.</summary>
[TestClass]
public sealed class NodeDhtTests
{
    private static int _lastMemoryAddress = 9_000_000;

    public required TestContext TestContext { get; set; }

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task Nodes_that_know_one_of_them_find_each_other_their_content_and_their_values()
    {
        var nodes = await StartNetworkAsync(6);
        try
        {
            await nodes[1].Dht!.ProvideAsync(ContentKey.FromText("a book"), Token);
            await nodes[2].Dht!.PutValueAsync("/v/key"u8.ToArray(), "value"u8.ToArray(), Token);

            var providers = new List<KadPeer>();
            await foreach (var provider in nodes[5].Dht!.FindProvidersAsync(ContentKey.FromText("a book"), 1, Token))
                providers.Add(provider);
            Assert.AreEqual(nodes[1].PeerId, providers.Single().Id);
            var value = (await nodes[4].Dht!.GetValueAsync("/v/key"u8.ToArray(), token: Token))!;
            CollectionAssert.AreEqual("value"u8.ToArray(), value.Value.ToArray());
            Assert.AreEqual(nodes[3].PeerId, (await nodes[5].Dht!.FindPeerAsync(nodes[3].PeerId, Token))!.Peer.Id);
        }
        finally
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
        }
    }

    [TestMethod]
    public async Task A_crawl_meets_everybody_and_leaves_nothing_behind()
    {
        var nodes = await StartNetworkAsync(5);
        try
        {
            var crawled = await new NetworkCrawler(nodes[0].Swarm, nodes[0].Dht!.Tables[0]).CrawlAsync(token: Token);
            CollectionAssert.AreEquivalent(nodes.Skip(1).Select(node => node.PeerId).ToArray(), crawled.Select(peer => peer.Peer).ToArray());
            Assert.IsTrue(crawled.All(peer => peer.Serves && peer.Error is null && peer.Agent is not null));
        }
        finally
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
        }
    }

    private async Task<List<PeerNode>> StartNetworkAsync(int count)
    {
        var nodes = new List<PeerNode>();
        for (var i = 0; i < count; i++)
        {
            var options = new PeerNodeOptions
            {
                Transports = ["memory"],
                Listen = [$"/memory/{Interlocked.Increment(ref _lastMemoryAddress)}"],
                Limits = new LimitNodeOptions { Unlimited = true },
                Dht = new DhtNodeOptions { Mode = DhtNodeMode.Server, Protocol = "/test/kad/1.0.0", OpenNamespaces = ["v"] },
            };
            if (nodes.Count > 0)
                options.Bootstrap.Add(nodes[0].Addresses[0]);
            nodes.Add(await PeerNode.CreateBuilder().WithOptions(options).StartAsync(Token));
        }

        foreach (var node in nodes)
        {
            while (node.Dht!.Tables[0].TableCount < 1)
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        return nodes;
    }
}
