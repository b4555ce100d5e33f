using System.Diagnostics;
using PeerNet.InteropTests.Scenarios;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Matrix;

/// <summary>
/// Two running peers that all cells of one stack share, in either role; starting them for each cell would cost more than the cells. Cells run
/// one after another. One that fails takes its peers with it, so that the next one does not suffer. Thread-safe.
/// </summary>
internal sealed class MatrixPair(PeerKind other) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private PeerGroup? _group;
    private PeerProcess[] _peers = [];
    private (ProtocolStack Stack, bool WithoutLimits)? _running;

    /// <summary>Runs one cell, and leaves the peers unconnected behind it.</summary>
    public async Task<ScenarioRun> RunAsync(MatrixRow row, Scenario column, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return await RunInTurnAsync(row, column, cancellation);
        }
        catch
        {
            await StopAsync();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _turn.Dispose();
    }

    private async Task<ScenarioRun> RunInTurnAsync(MatrixRow row, Scenario column, CancellationToken cancellation)
    {
        var wanted = (row.Stack, MatrixTable.WithoutLimits(column));
        if (_running != wanted)
        {
            await StopAsync();
            _group = new PeerGroup();
            _running = wanted;
        }

        ScenarioRun? run = null;
        await _group!.ExplainAsync(async () =>
        {
            if (_peers.Length == 0)
                await StartAsync(wanted.Stack, wanted.Item2, cancellation);
            run = row.A == PeerKind.PeerNet
                ? new ScenarioRun(_peers[0], _peers[1], row.Stack, cancellation)
                : new ScenarioRun(_peers[1], _peers[0], row.Stack, cancellation);
            var started = Stopwatch.GetTimestamp();
            await column.Body(run);
            run.Elapsed = Stopwatch.GetElapsedTime(started);
            await run.DisconnectAsync();
        });
        return run!;
    }

    private async Task StartAsync(ProtocolStack stack, bool withoutLimits, CancellationToken cancellation)
    {
        _peers = await _group!.StartAllAsync([Peer(PeerKind.PeerNet, other), Peer(other, PeerKind.PeerNet)], cancellation);
        await new ScenarioRun(_peers[0], _peers[1], stack, cancellation).WarmUpAsync();
        await new ScenarioRun(_peers[1], _peers[0], stack, cancellation).WarmUpAsync();

        (PeerKind, PeerOptions) Peer(PeerKind kind, PeerKind opposite)
            => (kind, PeerOptions.For(stack).With(withoutLimits ? ManyStreamsScenarios.FlagsWithoutLimits(kind, opposite) : []));
    }

    private async Task StopAsync()
    {
        (_running, _peers) = (null, []);
        if (_group is { } group)
        {
            _group = null;
            await group.DisposeAsync();
        }
    }
}
