using System.Buffers.Binary;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;
using PeerNet.Simulation.Network;
using PeerNet.Simulation.Nodes;
using static System.FormattableString;

namespace PeerNet.Simulation.Scenarios;

/// <summary>
/// A network whose nodes come and go: sessions last half an hour in the middle, and whoever goes is followed by a node that nobody knows.
/// Every third one says farewell, every third is killed, and every third vanishes with its machine.
/// </summary>
internal sealed class ChurningNetwork
{
    // Nodes that everybody knows to begin with, and that stay.
    private const int Pillars = 5;

    private static readonly TimeSpan MedianSession = TimeSpan.FromMinutes(30);

    // Who came a moment ago is not known to the others yet.
    private static readonly TimeSpan Newcomer = TimeSpan.FromMinutes(2);

    // What was missed is told this often, for whoever looks into it.
    private const int MaxTold = 10;

    // Between two steps of the measurement: a value is stored, another looked for, and a peer, and who is nearest to a key.
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly World _world;
    private readonly List<(byte[] Key, byte[] Value, TimeSpan At)> _stored = [];
    private readonly List<string> _missed = [];
    private readonly Tally _peers = new();
    private readonly Tally _values = new();
    private readonly Tally _closest = new();
    private Multiaddress[] _pillars = [];
    private int _sessions;
    private bool _isOver;

    private ChurningNetwork(World world) => _world = world;

    public static async Task RunAsync(World world, Report report, int count, TimeSpan warmUp, TimeSpan measured)
    {
        world.Options = world.Options with { Validators = RecordValidators.Default.With(new AnyValueValidator("v")) };
        var network = new ChurningNetwork(world);
        await network.RunAsync(count, warmUp, measured).ConfigureAwait(false);
        network.Tell(report);
    }

    private async Task RunAsync(int count, TimeSpan warmUp, TimeSpan measured)
    {
        RunningNetwork.Fill(_world, count, dead: 0);
        _pillars = [.. _world.Nodes.Take(Pillars).Select(node => node.Address)];
        var lives = _world.Nodes.Skip(Pillars).ToArray().Select(LiveAsync).ToArray();
        await _world.PassAsync(warmUp).ConfigureAwait(false);
        var end = _world.Time.Elapsed + measured;
        var work = new List<Task>();
        while (_world.Time.Elapsed < end)
        {
            work.AddRange([StoreAsync(), FindValueAsync(), FindPeerAsync(), FindClosestAsync()]);
            await _world.PassAsync(Step).ConfigureAwait(false);
        }

        await Task.WhenAll(work).ConfigureAwait(false);
        _isOver = true;
        foreach (var life in lives.Where(life => life.IsFaulted))
            await life.ConfigureAwait(false);
    }

    private void Tell(Report report)
    {
        var sizes = _world.Nodes.Where(node => IsSettled(node)).Select(node => node.Kad.TableCount).Order().ToArray();
        report.Add("sessions that ended", $"{_sessions}");
        report.Add("members p10/p50/p90", $"{sizes[sizes.Length / 10]} / {sizes[sizes.Length / 2]} / {sizes[sizes.Length * 9 / 10]}");
        report.Add("peers looked for", $"{_peers.Wanted}");
        report.AtLeast("peers found", _peers.Part, 0.99);
        report.Add("values looked for", $"{_values.Wanted}");
        report.AtLeast("values found", _values.Part, 0.99);
        report.AtLeast("true closest found", _closest.Part, 0.97);
        foreach (var missed in _missed.Take(MaxTold))
            report.Add("missed", $"{missed}");
    }

    private string Describe(SimulatedNode node) => Invariant($"a node of {(_world.Time.Elapsed - node.StartedAt).TotalMinutes:0.0} min with {node.Kad.TableCount} members");

    private int Holders(byte[] key) => _world.Nodes.Count(node => node.Records.GetAsync(key).AsTask().Result is not null);

    private async Task LiveAsync(SimulatedNode node)
    {
        while (!_isOver)
        {
            await _world.PassAsync(MedianSession * (-Math.Log(1 - _world.Random.NextDouble()) / Math.Log(2))).ConfigureAwait(false);
            if (_isOver)
                return;
            _sessions++;
            _world.Nodes.Remove(node);
            var end = _world.Random.Next(3) switch
            {
                0 => node.LeaveAsync(),
                1 => node.FailAsync(HostState.Refusing),
                _ => node.FailAsync(HostState.Silent),
            };
            node = _world.StartNode(options => options with { BootstrapPeers = _pillars });
            await end.ConfigureAwait(false);
        }
    }

    private async Task StoreAsync()
    {
        var key = new byte[3 + sizeof(int)];
        "/v/"u8.CopyTo(key);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(3), _stored.Count);
        var value = _world.RandomKey();
        if (await TryAsync(RandomSettled(), async node => (PublishResult?)await node.Kad.PutValueAsync(key, value).ConfigureAwait(false)).ConfigureAwait(false) is { Stored.Count: > 0 })
            _stored.Add((key, value, _world.Time.Elapsed));
    }

    private async Task FindValueAsync()
    {
        if (_stored.Count == 0)
            return;
        var (key, value, stored) = _stored[_world.Random.Next(_stored.Count)];
        var from = RandomSettled();
        var at = _world.Time.Elapsed;
        var found = await TryAsync(from, node => node.Kad.GetValueAsync(key)).ConfigureAwait(false);
        if (!from.IsUp)
            return;
        var isFound = found is not null && found.Value.Span.SequenceEqual(value);
        _values.Add(isFound ? 1 : 0, 1);
        if (!isFound)
            _missed.Add(Invariant($"value {at:mm\\:ss} to {_world.Time.Elapsed:mm\\:ss}, stored at {stored:mm\\:ss}, asked by {Describe(from)}, {Holders(key)} hold it"));
    }

    private async Task FindPeerAsync()
    {
        var from = RandomSettled();
        var target = RandomSettled();
        if (from == target)
            return;
        var at = _world.Time.Elapsed;
        var found = await TryAsync(from, node => node.Kad.FindPeerAsync(target.Peer)).ConfigureAwait(false);
        if (!from.IsUp || !target.IsUp)
            return;
        var isFound = found is { IsConnected: true };
        _peers.Add(isFound ? 1 : 0, 1);
        if (!isFound)
            _missed.Add(Invariant($"peer {at:mm\\:ss} to {_world.Time.Elapsed:mm\\:ss}, {(found is null ? "not named" : "not reached")}: {Describe(target)}, by {Describe(from)}"));
    }

    private async Task FindClosestAsync()
    {
        var from = RandomSettled();
        var key = _world.RandomKey();
        var truth = _world.TrueClosest(KadKey.Of(key), from);
        var found = await TryAsync(from, async node => (ClosestPeersResult?)await node.Kad.GetClosestPeersAsync(key).ConfigureAwait(false)).ConfigureAwait(false);
        if (found is null || !from.IsUp)
            return;

        // Who came or went while it was looked for is nobody's fault.
        truth.RemoveWhere(peer => _world.Nodes.Find(node => node.Peer == peer) is not { } node || !IsSettled(node));
        _closest.Add(found.Closest.Count(peer => truth.Contains(peer.Id)), truth.Count);
    }

    private static async Task<T?> TryAsync<T>(SimulatedNode from, Func<SimulatedNode, Task<T?>> work)
        where T : class
    {
        try
        {
            return await work(from).ConfigureAwait(false);
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    private bool IsSettled(SimulatedNode node) => _world.Time.Elapsed - node.StartedAt >= Newcomer || node.StartedAt == TimeSpan.Zero;

    private SimulatedNode RandomSettled()
    {
        while (true)
        {
            var node = _world.RandomNode();
            if (IsSettled(node))
                return node;
        }
    }

    private sealed class Tally
    {
        private int _got;

        public int Wanted { get; private set; }

        public double Part => (double)_got / Wanted;

        public void Add(int got, int wanted)
        {
            _got += got;
            Wanted += wanted;
        }
    }
}
