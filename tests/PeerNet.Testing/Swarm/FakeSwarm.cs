using System.Net;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Resources;

namespace PeerNet.Testing.Swarm;

/// <summary>Makes swarms on one <see cref="FakeNetwork"/> and one clock that tests move.</summary>
public sealed class FakeSwarm(IStreamNegotiator negotiator) : IAsyncDisposable
{
    private readonly List<SwarmHost> _hosts = [];
    private int _lastSeed;

    /// <summary>The network.</summary>
    public FakeNetwork Network { get; } = new();

    /// <summary>The clock.</summary>
    public FakeTimeProvider Time { get; } = new();

    /// <summary>A key that no other call returns.</summary>
    public PrivateKey NewKey()
    {
        var seed = new byte[32];
        BitConverter.TryWriteBytes(seed, ++_lastSeed);
        return PrivateKey.FromEd25519Seed(seed);
    }

    /// <summary>Makes a swarm; it ends with this object.</summary>
    public SwarmHost Create(SwarmOptions? options = null, Func<SwarmServices, SwarmServices>? change = null, PrivateKey? key = null, IPAddress? host = null)
    {
        key ??= NewKey();
        var services = new SwarmServices
        {
            Identity = key,
            Transports = [new FakeTransport(Network, key, Time, host)],
            Negotiator = negotiator,
            Time = Time,
            Interfaces = new FakeInterfaces(IPAddress.Loopback),
        };
        var swarm = new SwarmHost(options ?? new SwarmOptions { Resources = ResourceManagerOptions.ScaledTo(1 << 30, 4096) }, change?.Invoke(services) ?? services);
        _hosts.Add(swarm);
        return swarm;
    }

    /// <summary>Makes a swarm that listens on loopback, and tells its address with its id.</summary>
    public async Task<(SwarmHost Swarm, Multiaddress Address)> CreateListeningAsync(SwarmOptions? options = null, Func<SwarmServices, SwarmServices>? change = null)
    {
        var swarm = Create(options, change);
        var bound = await swarm.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")).ConfigureAwait(false);
        return (swarm, bound.WithPeerId(swarm.LocalPeer));
    }

    /// <summary>Moves the clock in small steps until something has happened, giving the swarm's tasks room to run in between.</summary>
    /// <returns>How far the clock was moved.</returns>
    public async Task<TimeSpan> AdvanceUntilAsync(Func<bool> happened, TimeSpan step, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var moved = TimeSpan.Zero;
        while (true)
        {
            await SettleAsync(happened).ConfigureAwait(false);
            if (happened())
                return moved;
            if (moved >= limit)
                throw new TimeoutException($"It did not happen within {limit} of virtual time.");
            Time.Advance(step);
            moved += step;
        }
    }

    /// <summary>Moves the clock, then gives the swarm's tasks room to run.</summary>
    public async Task AdvanceAsync(TimeSpan span)
    {
        Time.Advance(span);
        await SettleAsync(() => false).ConfigureAwait(false);
    }

    /// <summary>Waits until something has happened without moving the clock.</summary>
    public static async Task UntilAsync(Func<bool> happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        using var giveUp = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!happened())
        {
            if (giveUp.IsCancellationRequested)
                throw new TimeoutException("It did not happen.");
            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            var ending = host.DisposeAsync().AsTask();
            while (!ending.IsCompleted)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                await Task.WhenAny(ending, Task.Delay(1)).ConfigureAwait(false);
            }

            await ending.ConfigureAwait(false);
        }
    }

    // Tasks that are ready run on the pool: a few turns let them get as far as they can without time.
    private static async Task SettleAsync(Func<bool> happened)
    {
        for (var i = 0; i < 5 && !happened(); i++)
            await Task.Delay(1).ConfigureAwait(false);
    }
}
