using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PeerNet.Configuration;
using PeerNet.Hosting;

namespace PeerNet.UnitTests.Node;

[TestClass]
public sealed class HostingTests
{
    public required TestContext TestContext { get; set; }

    [TestMethod]
    public async Task A_node_starts_and_ends_with_its_host()
    {
        await using var services = new ServiceCollection().AddLogging().AddPeerNet(options => options.Transports = ["memory"]).BuildServiceProvider();
        var hosted = services.GetServices<IHostedService>().Single();
        await hosted.StartAsync(TestContext.CancellationToken);
        var node = services.GetRequiredService<PeerNode>();
        Assert.IsFalse(node.Stopping.IsCancellationRequested);
        await hosted.StopAsync(TestContext.CancellationToken);
        Assert.IsTrue(node.Swarm.IsShuttingDown);
    }

    [TestMethod]
    public async Task A_node_is_not_there_before_its_host_has_started()
    {
        await using var services = new ServiceCollection().AddLogging().AddPeerNet(options => options.Transports = ["memory"]).BuildServiceProvider();
        Assert.ThrowsExactly<InvalidOperationException>(services.GetRequiredService<PeerNode>);
    }

    [TestMethod]
    public void A_misspelt_key_of_the_section_is_refused_when_the_node_is_added()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Lissen:0", (string?)"x")]).Build();
        Assert.ThrowsExactly<ConfigurationException>(() => new ServiceCollection().AddPeerNet(section));
    }
}
