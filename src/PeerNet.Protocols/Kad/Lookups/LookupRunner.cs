using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Rpc;
using PeerNet.Protocols.Kad.Table;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Peers;

namespace PeerNet.Protocols.Kad.Lookups;

/// <summary>
/// Drives lookups: makes the requests that a machine wants, and tells it what came of them. All calls to one lookup's machine come from one
/// loop. Thread-safe.
/// </summary>
internal sealed class LookupRunner(SwarmHost swarm, KadOptions options, KadClient client, TableKeeper table, AddressPolicy policy, ILogger log)
{
    // Implementation limit: twice what a lookup keeps; beyond, addresses of peers that it no longer considers go.
    private const int MaxHeard = 1024;

    // An address from which nothing but public addresses is believed.
    private static readonly Multiaddress Farthest = Multiaddress.Parse("/dns/invalid");

    /// <summary>What a peer's answer means to a lookup, to be passed on to its machine with the peers to ask next.</summary>
    public delegate void AnswerHandler(PeerId peer, KadMessage answer, IReadOnlyList<KadPeer> closer);

    /// <summary>Runs a lookup to its end.</summary>
    /// <param name="lookup">The machine.</param>
    /// <param name="request">What to ask every peer.</param>
    /// <param name="purpose">A word for metrics.</param>
    /// <param name="onAnswer">Tells the machine.</param>
    /// <param name="token">Cancels; what is under way is given up.</param>
    public async Task RunAsync(ClosestPeersLookup lookup, KadMessage request, string purpose, AnswerHandler onAnswer, CancellationToken token)
    {
        var started = swarm.Time.GetInstant();
        var answers = Channel.CreateBounded<(PeerId Peer, KadMessage? Answer)>(new BoundedChannelOptions(options.Lookup.MaxRequests) { SingleReader = true });
        var heard = new Dictionary<PeerId, IReadOnlyList<Multiaddress>>();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        try
        {
            while (!lookup.IsFinished)
            {
                token.ThrowIfCancellationRequested();
                var now = swarm.Time.GetInstant();
                while (lookup.TryNextRequest(now, out var peer))
                    _ = AskAsync(peer, request, heard.GetValueOrDefault(peer), answers.Writer, ending.Token);
                if (lookup.NextDeadline is not { } deadline)
                    break;
                await WaitAsync(answers.Reader, deadline, token).ConfigureAwait(false);
                while (answers.Reader.TryRead(out var ended))
                    Tell(lookup, ended.Peer, ended.Answer, heard, onAnswer);
                lookup.HandleDeadline(swarm.Time.GetInstant());
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            KadMetrics.LookedUp(purpose, lookup.Outcome, swarm.Time.GetInstant() - started, lookup.Requests);
        }
    }

    /// <summary>Asks one peer, and takes note in the table of whether it answered.</summary>
    /// <returns>The answer; null when there was none.</returns>
    public async Task<KadMessage?> AskAsync(PeerId peer, KadMessage request, CancellationToken token)
    {
        try
        {
            var answer = await client.RequestAsync(peer, request, options.Lookup.RequestTimeout, token).ConfigureAwait(false);
            KadMetrics.Made(request.Type, "ok");
            table.OnAnswered(peer);
            return answer;
        }
        catch (Exception error) when (error is PeerNetException or TimeoutException)
        {
            KadMetrics.Made(request.Type, "failed");
            KadLog.RequestFailed(log, options.Protocol, peer, error.Message);
            OnFailed(peer, error);
            return null;
        }
    }

    private async Task AskAsync(
        PeerId peer,
        KadMessage request,
        IReadOnlyList<Multiaddress>? addresses,
        ChannelWriter<(PeerId Peer, KadMessage? Answer)> answers,
        CancellationToken token)
    {
        KadMessage? answer = null;
        try
        {
            // Only who is asked is remembered: answers name many more.
            if (addresses is { Count: > 0 })
                swarm.PeerStore.AddAddresses(peer, addresses, AddressTtl.Temporary, AddressSource.Routing);
            answer = await AskAsync(peer, request, token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The lookup has ended, or the service.
            return;
        }

        answers.TryWrite((peer, answer));
    }

    private void Tell(
        ClosestPeersLookup lookup,
        PeerId peer,
        KadMessage? answer,
        Dictionary<PeerId, IReadOnlyList<Multiaddress>> heard,
        AnswerHandler onAnswer)
    {
        if (answer is null)
        {
            lookup.OnFailed(peer);
            return;
        }

        var closer = AnswerFilter.Closer(answer.CloserPeers, swarm.LocalPeer, peer, RemoteOf(peer), policy, table.AreGroupsLimited);
        closer.RemoveAll(named => !MayAsk(named));
        KadMetrics.LeftOut(answer.SkippedPeers);
        if (answer.SkippedPeers > KadProtocol.MaxPeersPerAnswer)
            swarm.ReportMisbehaviour(peer, new Misbehaviour(options.Protocol.Value, "crowded-answer", $"named {answer.SkippedPeers} peers too many, or none"));
        onAnswer(peer, answer, closer);
        foreach (var named in closer)
        {
            if (named.Addresses.Count > 0 && lookup.IsCandidate(named.Id))
                heard[named.Id] = heard.TryGetValue(named.Id, out var known) ? Merge(known, named.Addresses) : named.Addresses;
        }

        if (heard.Count > MaxHeard)
        {
            foreach (var far in heard.Keys.Where(named => !lookup.IsCandidate(named)).ToArray())
                heard.Remove(far);
        }
    }

    private bool MayAsk(KadPeer peer) => policy.MayAsk(peer.Addresses) || swarm.IsConnected(peer.Id, allowLimited: false) || policy.MayAsk(swarm.PeerStore.GetAddresses(peer.Id));

    /// <summary>Where a peer that just answered is; when its connection has ended since, as far away as can be.</summary>
    public Multiaddress RemoteOf(PeerId peer)
        => swarm.GetConnection(peer)?.Description.RemoteAddress ?? (swarm.PeerStore.GetAddresses(peer) is [var first, ..] ? first : Farthest);

    private static List<Multiaddress> Merge(IReadOnlyList<Multiaddress> known, IReadOnlyList<Multiaddress> more)
        => [.. known.Union(more).Take(KadProtocol.MaxAddressesPerPeer)];

    // Without any connection it is this node that is cut off: the table keeps its members for when it is not.
    private void OnFailed(PeerId peer, Exception error)
    {
        if (error is NegotiationException { Reason: NegotiationFailure.Unsupported })
            table.Remove(peer);
        else if (error is ResourceLimitException || (error is DialException && swarm.ConnectionCount == 0))
            table.Postpone(peer);
        else
            table.OnFailed(peer);
    }

    private async Task WaitAsync(ChannelReader<(PeerId Peer, KadMessage? Answer)> answers, Instant deadline, CancellationToken token)
    {
        var wait = deadline - swarm.Time.GetInstant();
        if (wait <= TimeSpan.Zero)
            return;
        using var timer = swarm.Time.CreateDeadline(wait, token);
        try
        {
            await answers.WaitToReadAsync(timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The deadline: the machine decides.
        }
    }
}
