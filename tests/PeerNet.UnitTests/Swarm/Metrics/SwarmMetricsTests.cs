using System.Diagnostics.Metrics;
using PeerNet.Core.Resources;
using PeerNet.Swarm.Metrics;

namespace PeerNet.UnitTests.Swarm.Metrics;

[TestClass]
[DoNotParallelize]
public sealed class SwarmMetricsTests
{
    [TestMethod]
    public void Ups_and_downs_cancel_out_tag_by_tag_and_tags_have_few_values()
    {
        var sums = new Dictionary<string, long>();
        var tags = new HashSet<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == SwarmMetrics.Name)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, given, _) =>
        {
            // Whatever else the process does is measured too.
            lock (sums)
            {
                var key = instrument.Name;
                foreach (var (name, tag) in given)
                {
                    key += $" {name}={tag}";
                    tags.Add(name);
                }

                sums[key] = sums.GetValueOrDefault(key) + value;
            }
        });
        listener.Start();
        var metrics = new SwarmMetrics();
        foreach (var direction in new[] { Direction.Inbound, Direction.Outbound })
        {
            metrics.ConnectionOpened(direction, "test");
            metrics.StreamOpened(direction);
            metrics.StreamClosed(direction);
            metrics.ConnectionClosed(direction, "test");
        }

        metrics.DialStarted();
        Assert.AreEqual(1, metrics.InFlight);
        metrics.DialEnded("connected", TimeSpan.FromSeconds(1));
        Assert.AreEqual(0, metrics.InFlight);
        listener.Dispose();
        Assert.AreEqual(0, sums["peernet.swarm.connections direction=inbound transport=test"]);
        Assert.AreEqual(0, sums["peernet.swarm.connections direction=outbound transport=test"]);
        Assert.IsTrue(sums.Keys.All(key => key.StartsWith("peernet.swarm.", StringComparison.Ordinal)));
        CollectionAssert.IsSubsetOf(tags.ToArray(), new[] { "direction", "transport", "outcome", "reason", "kind", "protocol" });
    }
}
