using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Swarm.Dialing;
using PeerNet.Swarm.Listening;
using PeerNet.Swarm.Streams;
using PeerNet.Swarm.Trimming;

namespace PeerNet.Swarm;

/// <summary>
/// The swarm's heartbeat: one loop for all that must happen now and then. A task that throws is logged and comes again; it harms no other.
/// </summary>
internal sealed class Maintenance : IAsyncDisposable
{
    /// <summary>Implementation limit: the grain of redials, idle limits and trims.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CollectPeriod = TimeSpan.FromMinutes(1);

    private readonly SwarmContext _context;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Chore> _chores;
    private readonly Task _loop;

    public Maintenance(
        SwarmContext context,
        ConnectionTable table,
        OwnAddresses addresses,
        InboundAdmission admission,
        Dialer dialer,
        ConnectionManager manager,
        Func<PeerId, Task> connect)
    {
        _context = context;
        var now = context.Time.GetInstant();
        _chores =
        [
            new Chore("redial", Beat, now, () => manager.Redial(connect)),
            new Chore("sweep", SweepPeriod, now, () => Sweep(table)),
            new Chore("trim", context.Options.Connections.SilencePeriod, now, () => manager.TrimConnections()),
            new Chore("interfaces", context.Options.Listening.InterfaceRefresh, now, addresses.Refresh),
            new Chore("collect", CollectPeriod, now, () =>
            {
                context.PeerStore.Collect();
                context.OwnResources?.Trim();
                dialer.Defences.Collect();
                admission.Collect();
            }),
        ];
        _loop = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Beat, _context.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                var now = _context.Time.GetInstant();
                foreach (var chore in _chores)
                    Run(chore, now);
            }
        }
        catch (OperationCanceledException)
        {
            // The swarm ends.
        }
    }

    private void Run(Chore chore, Instant now)
    {
        if (now - chore.LastRun < chore.Period)
            return;
        chore.LastRun = now;
        try
        {
            chore.Work();
        }
        catch (Exception error)
        {
            SwarmLog.MaintenanceFailed(_context.Log, error, chore.Name);
        }
    }

    private void Sweep(ConnectionTable table)
    {
        var now = _context.Time.GetInstant();
        foreach (var connection in table.Snapshot())
            StreamSweeper.Sweep(connection.Streams, _context.Options.Streams, now);
    }

    private sealed class Chore(string name, TimeSpan period, Instant start, Action work)
    {
        public string Name => name;

        public TimeSpan Period => period;

        public Action Work => work;

        public Instant LastRun { get; set; } = start;
    }
}
