using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Lookups;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Protocols.Kad.Wire;

namespace PeerNet.Protocols.Kad;

// Announcing content, storing and finding values.
public sealed partial class KadService
{
    // Implementation limit: values are corrected in the background; when more wait, the rest is left to others.
    private const int MaxCorrections = 16;

    /// <summary>
    /// Announces that this node has some content, to the peers nearest to its key, and again from time to time until
    /// <see cref="StopProvidingAsync"/>.
    /// </summary>
    /// <param name="key">The content.</param>
    /// <param name="token">Cancels the announcement; the record stays, and is sent out later.</param>
    /// <exception cref="KadException">The routing table is empty; the record stays, and is sent out later.</exception>
    public async Task<PublishResult> ProvideAsync(ContentKey key, CancellationToken token = default)
    {
        using var operation = Begin(token);
        await _providers.AddAsync(OwnRecord(key.Bytes, DateTimeOffset.MinValue), operation.Token).ConfigureAwait(false);
        await WaitForPeersAsync(operation.Token).ConfigureAwait(false);
        return await AnnounceAsync(key.Bytes, operation.Token).ConfigureAwait(false);
    }

    /// <summary>Announces some content no longer. What was announced ends at its holders by itself.</summary>
    public async Task StopProvidingAsync(ContentKey key, CancellationToken token = default)
        => await _providers.RemoveAsync(key.Bytes, _swarm.LocalPeer, token).ConfigureAwait(false);

    /// <summary>
    /// Stores a value at the peers nearest to its key, and again from time to time until <see cref="StopStoringAsync"/>.
    /// </summary>
    /// <param name="key">The key, namespace included.</param>
    /// <param name="value">The value.</param>
    /// <param name="token">Cancels; the value stays here, and is sent out later.</param>
    /// <exception cref="KadException">The value is not good, a better one is known, or the routing table is empty.</exception>
    public async Task<PublishResult> PutValueAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken token = default)
    {
        using var operation = Begin(token);
        if (!_options.Validators.TryValidate(key, value, _swarm.Time.GetUtcNow(), out var error))
            throw new KadException(KadFailure.InvalidRecord, $"The value cannot be stored: {error}.");
        if (await GetLocalAsync(key, operation.Token).ConfigureAwait(false) is { } known
            && _options.Validators.TryFind(key, out var validator)
            && validator.Compare(key, known.Value, value) > 0)
        {
            throw new KadException(KadFailure.OlderRecord, "A better value of the same key is stored here.");
        }

        var own = new StoredValue { Key = key.ToArray(), Value = value.ToArray(), ReceivedAt = DateTimeOffset.MinValue };
        await _records.PutAsync(own, operation.Token).ConfigureAwait(false);
        await WaitForPeersAsync(operation.Token).ConfigureAwait(false);
        return await PublishAsync(own, operation.Token).ConfigureAwait(false);
    }

    /// <summary>Sends a value out no longer. What was stored ends at its holders by itself.</summary>
    public async Task StopStoringAsync(ReadOnlyMemory<byte> key, CancellationToken token = default)
        => await _records.RemoveAsync(key, token).ConfigureAwait(false);

    /// <summary>
    /// Finds the best value of a key: of up to a quorum of copies, or of all that the peers nearest to the key have. Peers among them with a
    /// worse copy or none are sent the best.
    /// </summary>
    /// <param name="key">The key, namespace included.</param>
    /// <param name="quorum">Copies after which the search ends; null takes <see cref="KadOptions.Quorum"/>.</param>
    /// <param name="token">Cancels.</param>
    /// <returns>Null when nobody has a good value.</returns>
    /// <exception cref="KadException">The namespace is not known, or the routing table is empty and nothing is stored here.</exception>
    public async Task<FoundValue?> GetValueAsync(ReadOnlyMemory<byte> key, int? quorum = null, CancellationToken token = default)
    {
        using var operation = Begin(token);
        return await SearchAsync(key, quorum, null, operation.Token).ConfigureAwait(false);
    }

    /// <summary>Like <see cref="GetValueAsync"/>, but yields every value that is better than the one before, as it is found.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> SearchValuesAsync(ReadOnlyMemory<byte> key, int? quorum = null, [EnumeratorCancellation] CancellationToken token = default)
    {
        using var operation = Begin(token);
        var better = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(_options.Lookup.MaxRequests) { SingleReader = true });
        var search = SearchAsync(key, quorum, better.Writer, operation.Token);
        try
        {
            await foreach (var value in better.Reader.ReadAllAsync(operation.Token).ConfigureAwait(false))
                yield return value;
        }
        finally
        {
            await operation.CancelAsync().ConfigureAwait(false);
            await ((Task)search).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (search.IsFaulted)
            await search.ConfigureAwait(false);
    }

    private async Task<FoundValue?> SearchAsync(ReadOnlyMemory<byte> key, int? quorum, ChannelWriter<ReadOnlyMemory<byte>>? better, CancellationToken token)
    {
        try
        {
            if (!_options.Validators.TryFind(key, out var validator))
                throw new KadException(KadFailure.InvalidRecord, "The key is not of a known namespace.");
            var local = await GetLocalAsync(key, token).ConfigureAwait(false);
            if (local is not null)
                better?.TryWrite(local.Value);
            if (local is not null && _table.Count == 0)
                return new FoundValue(local.Value, 0, LookupOutcome.Starved, 0);
            await WaitForPeersAsync(token).ConfigureAwait(false);

            var target = KadKey.Of(key.Span);
            var lookup = new ValueLookup(NewLookup(target, RecordRadius), key, validator, quorum ?? _options.Quorum);
            if (local is not null)
                lookup.Offer(local.Value, _swarm.Time.GetUtcNow());
            await _runner.RunAsync(
                lookup.Peers,
                new KadMessage { Type = KadMessageType.GetValue, Key = key },
                "value",
                (answerer, answer, closer) =>
                {
                    var value = answer.Record is { } record && record.Key.Span.SequenceEqual(key.Span) ? record.Value : default(ReadOnlyMemory<byte>?);
                    if (lookup.OnAnswered(answerer, value, closer.Select(one => one.Id), _swarm.Time.GetUtcNow()))
                        better?.TryWrite(lookup.Best!.Value);
                },
                token).ConfigureAwait(false);
            _table.OnLookup(target, null);
            if (lookup.Best is not { } best)
                return null;
            Correct(key, best, lookup.GetStaleHolders());
            return new FoundValue(best, lookup.Copies, lookup.Peers.Outcome, lookup.Peers.Requests);
        }
        finally
        {
            better?.TryComplete();
        }
    }

    /// <summary>Sends the best value to those that had a worse one, or none and ought to have it. Nobody waits for it.</summary>
    private void Correct(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, IReadOnlyList<PeerId> holders)
    {
        if (holders.Count == 0)
            return;
        _work.TryStart(
            async () =>
            {
                try
                {
                    await Task.WhenAll(holders.Select(peer => TryPutAsync(peer, key, value, _stopping.Token))).ConfigureAwait(false);
                }
                catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
                {
                    // The service ends.
                }
            },
            MaxCorrections);
    }

    private async Task<StoredValue?> GetLocalAsync(ReadOnlyMemory<byte> key, CancellationToken token)
    {
        var stored = await _records.GetAsync(key, token).ConfigureAwait(false);
        var now = _swarm.Time.GetUtcNow();
        if (stored is null || (!stored.IsOwn && now - stored.ReceivedAt >= _options.RecordLifetime))
            return null;
        return _options.Validators.TryValidate(key, stored.Value, now, out _) ? stored : null;
    }

    private async Task<PublishResult> AnnounceAsync(ReadOnlyMemory<byte> key, CancellationToken token)
    {
        var found = await LookUpAsync(key, RecordRadius, "provide", token).ConfigureAwait(false);
        var failures = await Task.WhenAll(found.Closest.Select(peer => TryAnnounceAsync(peer.Id, key, token))).ConfigureAwait(false);
        if (failures.Any(reason => reason is null))
            await _providers.AddAsync(OwnRecord(key, _swarm.Time.GetUtcNow()), token).ConfigureAwait(false);
        return Result(found, failures);
    }

    private async Task<PublishResult> PublishAsync(StoredValue own, CancellationToken token)
    {
        var found = await LookUpAsync(own.Key, RecordRadius, "put", token).ConfigureAwait(false);
        var failures = await Task.WhenAll(found.Closest.Select(peer => TryPutAsync(peer.Id, own.Key, own.Value, token))).ConfigureAwait(false);
        if (failures.Any(reason => reason is null))
            await _records.PutAsync(own with { ReceivedAt = _swarm.Time.GetUtcNow() }, token).ConfigureAwait(false);
        return Result(found, failures);
    }

    /// <summary>Why a peer did not get the announcement; null when it did.</summary>
    private async Task<string?> TryAnnounceAsync(PeerId peer, ReadOnlyMemory<byte> key, CancellationToken token)
    {
        try
        {
            var own = _policy.Telling(_runner.RemoteOf(peer), _swarm.AdvertisedAddresses);
            var message = new KadMessage { Type = KadMessageType.AddProvider, Key = key, ProviderPeers = [new KadPeer(_swarm.LocalPeer, own)] };
            await _client.SendAsync(peer, message, _options.Lookup.RequestTimeout, token).ConfigureAwait(false);
            KadMetrics.Made(KadMessageType.AddProvider, "ok");
            return null;
        }
        catch (Exception error) when (error is PeerNetException or TimeoutException)
        {
            KadMetrics.Made(KadMessageType.AddProvider, "failed");
            return error.Message;
        }
    }

    /// <summary>Why a peer did not take a value; null when it did.</summary>
    private async Task<string?> TryPutAsync(PeerId peer, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken token)
    {
        try
        {
            var message = new KadMessage { Type = KadMessageType.PutValue, Key = key, Record = new KadRecord { Key = key, Value = value } };
            var echo = await _client.RequestAsync(peer, message, _options.Lookup.RequestTimeout, token).ConfigureAwait(false);
            var isTaken = echo.Record is { } record && record.Value.Span.SequenceEqual(value.Span);
            KadMetrics.Made(KadMessageType.PutValue, isTaken ? "ok" : "failed");
            return isTaken ? null : "the peer answered with another value";
        }
        catch (Exception error) when (error is PeerNetException or TimeoutException)
        {
            KadMetrics.Made(KadMessageType.PutValue, "failed");
            return error.Message;
        }
    }

    private ProviderRecord OwnRecord(ReadOnlyMemory<byte> key, DateTimeOffset announcedAt)
        => new() { Key = key, Provider = _swarm.LocalPeer, ReceivedAt = announcedAt, IsOwn = true };

    private static PublishResult Result(ClosestPeersResult found, string?[] failures)
    {
        var stored = new List<PeerId>(failures.Length);
        var failed = new List<(PeerId Peer, string Reason)>();
        for (var i = 0; i < failures.Length; i++)
        {
            var peer = found.Closest[i].Id;
            if (failures[i] is { } reason)
                failed.Add((peer, reason));
            else
                stored.Add(peer);
        }

        return new PublishResult(stored, failed, found.Outcome, found.Requests);
    }
}
