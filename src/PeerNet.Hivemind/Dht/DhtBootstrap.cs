using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;

namespace PeerNet.Hivemind.Dht;

/// <summary>Joining: pings the initial peers, which call back, compares clocks, and searches for the own place.</summary>
internal sealed class DhtBootstrap(SwarmHost swarm, DhtContext context, DhtCaller caller, DhtLookups lookups)
{
    public async Task RunAsync(CancellationToken token)
    {
        var peers = context.Options.InitialPeers;
        if (peers.Count == 0)
            return;
        using var deadline = swarm.Time.CreateDeadline(context.Options.BootstrapTimeout, token);
        var outcomes = await Task.WhenAll(peers.Select(address => TryJoinAsync(address, deadline.Token))).ConfigureAwait(false);
        token.ThrowIfCancellationRequested();
        if (Array.Find(outcomes, outcome => outcome is DhtException) is { } fault)
            throw fault;
        if (context.Options.EnsureBootstrap && Array.TrueForAll(outcomes, outcome => outcome is not null))
            throw new DhtException(DhtFailure.NoInitialPeer, "None of the initial peers answered.", outcomes[0]);
        try
        {
            await lookups.NearestAsync([context.OwnId], deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // Late, but in: the table fills with use.
        }
    }

    private async Task<Exception?> TryJoinAsync(Multiaddress address, CancellationToken token)
    {
        try
        {
            if (!address.TryGetPeerId(out var peer))
                return new FormatException($"{address} does not say who is there: it must end in /p2p/ID.");
            await swarm.ConnectAsync(address, null, token).ConfigureAwait(false);
            var before = context.Now;
            var answer = await caller.PingAsync(peer, validate: !context.Options.ClientMode, context.Options.CallTimeout, token).ConfigureAwait(false);
            Check(peer, answer, before);
            return null;
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException)
        {
            return error;
        }
    }

    private void Check(PeerId peer, PingAnswer answer, DhtExpiration before)
    {
        if (!context.Options.ClientMode && !answer.IsAvailable)
            throw new DhtException(DhtFailure.NotReachable, $"Peer {peer} could not call this node back.");
        if (answer.Time.Seconds != 0 && !(answer.Time >= before + -DhtProtocol.MaxClockSkew && answer.Time <= context.Now + DhtProtocol.MaxClockSkew))
            throw new DhtException(DhtFailure.ClockSkew, $"The clock of peer {peer} is {answer.Time.Seconds - before.Seconds:F1} s ahead of this one's: one of them is wrong.");
    }
}
