using System.Globalization;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Configuration;
using PeerNet.Core.Errors;
using PeerNet.Protocols.Kad;
using PeerNet.Testing;

namespace PeerNet.InteropTests.Kad;

/// <summary>
/// A whole node with a data folder, for an hour among peers that come and go over TCP: what it holds is as large at the end as it was after
/// warming up. <c>PEERNET_ENDURANCE_MINUTES</c> sets another length; the figures go to <c>artifacts/endurance.csv</c>.
/// </summary>
[TestClass, TestCategory("LongRunning"), DoNotParallelize]
public sealed class EnduranceTests
{
    private const int Peers = 24;
    private const string Protocol = "/endurance/kad/1.0.0";

    private static readonly TimeSpan MedianSession = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Work = TimeSpan.FromSeconds(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("peernet-endurance-").FullName;
    private readonly Random _random = new(1);
    private readonly HashSet<PeerNode> _alive = [];
    private readonly Lock _lock = new();
    private int _sessions;
    private int _tried;
    private int _succeeded;

    public required TestContext TestContext { get; init; }

    private static TimeSpan Length => TimeSpan.FromMinutes(double.Parse(Environment.GetEnvironmentVariable("PEERNET_ENDURANCE_MINUTES") ?? "60", CultureInfo.InvariantCulture));

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public async Task A_node_among_peers_that_come_and_go_stays_as_it_was_after_warming_up()
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.CancellationToken);
        ending.CancelAfter(Length);
        var samples = new List<Figures>();
        await using (var node = await StartAsync(null, _folder))
        {
            var lives = Enumerable.Range(0, Peers).Select(_ => LiveAsync(node, ending.Token)).ToArray();
            var work = WorkAsync(node, ending.Token);
            var started = TimeProvider.System.GetTimestamp();
            while (!ending.IsCancellationRequested)
            {
                await Task.Delay(Sample, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (ending.IsCancellationRequested)
                    break;
                samples.Add(Measure(node, TimeProvider.System.GetElapsedTime(started)));
                Save(samples);
            }

            await Task.WhenAll([.. lives, work]);
        }

        // The first third is warming up; the middle one is held against the last one.
        TestContext.CancellationToken.ThrowIfCancellationRequested();
        var third = samples.Count / 3;
        var (before, after) = (Figures.Mean(samples[third..(2 * third)]), Figures.Mean(samples[(2 * third)..]));
        TestContext.WriteLine($"{_sessions} sessions, {_succeeded} of {_tried} operations\n{Figures.Header}\n{before}\n{after}");
        Assert.IsGreaterThanOrEqualTo(0.99, (double)_succeeded / _tried);
        Assert.IsGreaterThanOrEqualTo(0.7, after.LivingMembers);
        Assert.IsLessThanOrEqualTo((before.HeapMiB * 1.2) + 8, after.HeapMiB);
        Assert.IsLessThanOrEqualTo((before.Connections * 1.2) + 8, after.Connections);
        Assert.IsLessThanOrEqualTo((before.StoreKiB * 1.2) + 256, after.StoreKiB);
    }

    private async Task LiveAsync(PeerNode first, CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            try
            {
                await using var peer = await StartAsync(first.Addresses[0], null);
                lock (_lock)
                    _alive.Add(peer);
                await Task.Delay(NextSession(), token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                lock (_lock)
                {
                    _alive.Remove(peer);
                    _sessions++;
                }
            }
            catch (PeerNetException)
            {
                // Another one comes.
            }
        }
    }

    private async Task WorkAsync(PeerNode node, CancellationToken token)
    {
        for (var i = 0; !token.IsCancellationRequested; i++)
        {
            var key = Encoding.UTF8.GetBytes($"/v/{i % 500}");
            await TryAsync(async () =>
            {
                await node.Dht!.PutValueAsync(key, Encoding.UTF8.GetBytes($"{i:d12}"), token);
                return await node.Dht.GetValueAsync(key, null, token) is not null;
            });
            await TryAsync(async () => (await node.Dht!.GetClosestPeersAsync(Encoding.UTF8.GetBytes($"{i}"), token)).Count > 0);
            await Task.Delay(Work, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task TryAsync(Func<Task<bool>> operation)
        {
            try
            {
                var isDone = await operation();
                _tried++;
                _succeeded += isDone ? 1 : 0;
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                // The end.
            }
            catch (PeerNetException)
            {
                _tried++;
            }
        }
    }

    private Figures Measure(PeerNode node, TimeSpan at)
    {
        HashSet<string> alive;
        lock (_lock)
            alive = [.. _alive.Select(peer => peer.PeerId.ToString())];
        var members = node.Dht!.Tables[0].GetTable();
        return new Figures(
            at.TotalSeconds,
            members.Count,
            members.Count == 0 ? 1 : (double)members.Count(member => alive.Contains(member.Peer.ToString())) / members.Count,
            GC.GetTotalMemory(forceFullCollection: true) / 1024.0 / 1024,
            node.Swarm.ConnectionCount,
            node.Swarm.PeerStore.Count,
            Directory.GetFiles(_folder, "peernet.db*").Sum(file => new FileInfo(file).Length) / 1024.0);
    }

    private static void Save(List<Figures> samples)
    {
        var path = Path.Combine(TestData.RepositoryRoot, "artifacts", "endurance.csv");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, [Figures.Header, .. samples.Select(sample => sample.ToString())]);
    }

    private TimeSpan NextSession()
    {
        lock (_lock)
            return MedianSession * (-Math.Log(1 - _random.NextDouble()) / Math.Log(2));
    }

    private static Task<PeerNode> StartAsync(string? first, string? folder)
    {
        var builder = PeerNode.CreateBuilder().Listen("/ip4/127.0.0.1/tcp/0").Configure(options =>
        {
            options.Dht.Mode = DhtNodeMode.Server;
            options.Dht.Protocol = Protocol;
            options.Dht.OpenNamespaces.Add("v");
        });
        if (first is not null)
            builder.Bootstrap(first);
        if (folder is not null)
            builder.WithDataFolder(folder);
        return builder.StartAsync();
    }

    private sealed record Figures(double Seconds, double Members, double LivingMembers, double HeapMiB, double Connections, double KnownPeers, double StoreKiB)
    {
        public const string Header = "seconds,members,living,heap MiB,connections,known peers,store KiB";

        public static Figures Mean(List<Figures> samples) => new(
            samples.Average(sample => sample.Seconds),
            samples.Average(sample => sample.Members),
            samples.Average(sample => sample.LivingMembers),
            samples.Average(sample => sample.HeapMiB),
            samples.Average(sample => sample.Connections),
            samples.Average(sample => sample.KnownPeers),
            samples.Average(sample => sample.StoreKiB));

        public override string ToString() => FormattableString.Invariant($"{Seconds:0},{Members:0.0},{LivingMembers:0.00},{HeapMiB:0.0},{Connections:0.0},{KnownPeers:0},{StoreKiB:0}");
    }
}
