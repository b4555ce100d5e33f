using PeerNet.Core.Connections;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Protocols.Kad.Table;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;

namespace PeerNet.Protocols.Kad.Serving;

/// <summary>Answers requests from the table and the stores. Thread-safe.</summary>
internal sealed class KadResponder(SwarmHost swarm, KadOptions options, TableKeeper table, AddressPolicy policy, IRecordStore records, IProviderStore providers)
{
    // Implementation limit: providers of an answer; with their addresses they fill a message that Rust reads.
    private const int MaxProviders = 100;

    private readonly Lock _lock = new();
    private readonly PeerBudgets _providerKeys = new(options.ProviderKeyBurstPerPeer, options.ProviderKeysPerHourPerPeer / (double)TimeSpan.SecondsPerHour);

    /// <summary>Answers one request of a peer.</summary>
    public ValueTask<KadReply> AnswerAsync(KadMessage request, ConnectionDescription connection, CancellationToken token) => request.Type switch
    {
        KadMessageType.FindNode => ValueTask.FromResult(FindNode(request, connection)),
        KadMessageType.GetValue => GetValueAsync(request, connection, token),
        KadMessageType.PutValue => PutValueAsync(request, connection.RemotePeer, token),
        KadMessageType.GetProviders => GetProvidersAsync(request, connection, token),
        KadMessageType.AddProvider => AddProviderAsync(request, connection, token),
        KadMessageType.Ping => ValueTask.FromResult(KadReply.Of(new KadMessage { Type = KadMessageType.Ping })),
        _ => ValueTask.FromResult(Fault("unknown-type", $"sent a request of type {(int)request.Type}")),
    };

    private KadReply FindNode(KadMessage request, ConnectionDescription connection)
    {
        if (request.Key.IsEmpty || request.Key.Length > KadProtocol.MaxValueKeyBytes)
            return Fault("key", $"asked for peers near a key of {request.Key.Length} bytes");
        var closer = new List<KadPeer>(KadProtocol.BucketSize + 1);

        // A peer that is known comes first, whether or not it is in the table, and even when it is this node or the one that asks.
        PeerId.TryDecode(request.Key.Span, out var target);
        if (target is not null && Describe(target, connection) is { } known)
            closer.Add(known);
        AddClosest(closer, request.Key, connection, target);
        return KadReply.Of(new KadMessage { Type = KadMessageType.FindNode, CloserPeers = closer });
    }

    private async ValueTask<KadReply> GetValueAsync(KadMessage request, ConnectionDescription connection, CancellationToken token)
    {
        if (request.Key.IsEmpty || request.Key.Length > KadProtocol.MaxValueKeyBytes)
            return Fault("key", $"asked for the value of a key of {request.Key.Length} bytes");
        var stored = await records.GetAsync(request.Key, token).ConfigureAwait(false);
        if (stored is not null && !IsGood(stored))
        {
            if (!stored.IsOwn)
                await records.RemoveAsync(request.Key, token).ConfigureAwait(false);
            stored = null;
        }

        var closer = new List<KadPeer>(KadProtocol.BucketSize);
        AddClosest(closer, request.Key, connection, null);
        return KadReply.Of(new KadMessage
        {
            Type = KadMessageType.GetValue,
            Key = request.Key,
            Record = stored is null ? null : ToRecord(stored),
            CloserPeers = closer,
        });
    }

    private async ValueTask<KadReply> PutValueAsync(KadMessage request, PeerId from, CancellationToken token)
    {
        if (request.Record is not { } record || !record.Key.Span.SequenceEqual(request.Key.Span))
            return Fault("record-key", "put a record that is missing, or under another key");
        var now = swarm.Time.GetUtcNow();
        if (!options.Validators.TryFind(request.Key, out var validator))
            return KadReply.Refuse("unknown-namespace");
        if (!options.Validators.TryValidate(request.Key, record.Value, now, out var error))
            return Fault("invalid-record", $"put a record that is not good: {error}");
        var known = await records.GetAsync(request.Key, token).ConfigureAwait(false);
        if (known is not null && IsGood(known) && validator.Compare(request.Key, known.Value, record.Value) > 0)
            return KadReply.Refuse("older");

        // One of the node's own stays its own: it is to be sent out again.
        if (known is not { IsOwn: true } || !known.Value.Span.SequenceEqual(record.Value.Span))
        {
            var stored = new StoredValue
            {
                Key = request.Key,
                Value = record.Value,
                From = from,
                ReceivedAt = now,
                Publisher = record.Publisher.Length <= KadProtocol.MaxPublisherBytes ? record.Publisher : default,
                PublisherExpiry = record.Ttl is > 0 and var ttl ? now + TimeSpan.FromSeconds(Math.Min(ttl, options.RecordLifetime.TotalSeconds)) : null,
            };
            var outcome = await records.PutAsync(stored, token).ConfigureAwait(false);
            if (outcome is not (StoreOutcome.Stored or StoreOutcome.Replaced))
                return KadReply.Refuse("full");
        }

        return KadReply.Of(new KadMessage { Type = KadMessageType.PutValue, Key = request.Key, Record = record });
    }

    private async ValueTask<KadReply> GetProvidersAsync(KadMessage request, ConnectionDescription connection, CancellationToken token)
    {
        if (request.Key.Length is 0 or > KadProtocol.MaxProviderKeyBytes)
            return Fault("key", $"asked for providers of a key of {request.Key.Length} bytes");
        var now = swarm.Time.GetUtcNow();
        var found = new List<KadPeer>();
        foreach (var record in await providers.GetAsync(request.Key, MaxProviders, token).ConfigureAwait(false))
        {
            if (!record.IsOwn && now - record.ReceivedAt >= options.ProviderLifetime)
                continue;
            var isAddressFresh = now - record.ReceivedAt < options.ProviderAddressLifetime;
            found.Add(Describe(record.Provider, connection, isAddressFresh ? record.Addresses : []) ?? new KadPeer(record.Provider, []));
        }

        var closer = new List<KadPeer>(KadProtocol.BucketSize);
        AddClosest(closer, request.Key, connection, null);
        return KadReply.Of(new KadMessage { Type = KadMessageType.GetProviders, Key = request.Key, ProviderPeers = found, CloserPeers = closer });
    }

    private async ValueTask<KadReply> AddProviderAsync(KadMessage request, ConnectionDescription connection, CancellationToken token)
    {
        if (request.Key.Length is 0 or > KadProtocol.MaxProviderKeyBytes)
            return Fault("key", $"provides a key of {request.Key.Length} bytes");
        var sender = connection.RemotePeer;
        var isNamed = false;
        foreach (var provider in request.ProviderPeers)
        {
            if (provider.Id != sender || isNamed)
                continue;
            isNamed = true;
            await AddProviderAsync(request.Key, provider, connection, token).ConfigureAwait(false);
        }

        // Who names somebody else is not believed, and not cut off either: it may name itself beside.
        if (!isNamed)
            swarm.ReportMisbehaviour(sender, new Misbehaviour(options.Protocol.Value, "foreign-provider", "announced another peer as a provider"));
        return KadReply.None;
    }

    private async ValueTask AddProviderAsync(ReadOnlyMemory<byte> key, KadPeer provider, ConnectionDescription connection, CancellationToken token)
    {
        lock (_lock)
        {
            if (_providerKeys.Take(provider.Id, swarm.Time.GetInstant()) > TimeSpan.Zero)
            {
                KadMetrics.Refused("provider-rate");
                return;
            }
        }

        var addresses = Bounded(policy.Believable(connection.RemoteAddress, provider.Id, provider.Addresses));
        var record = new ProviderRecord { Key = key, Provider = provider.Id, Addresses = addresses, ReceivedAt = swarm.Time.GetUtcNow() };
        var outcome = await providers.AddAsync(record, token).ConfigureAwait(false);
        if (outcome is not (StoreOutcome.Stored or StoreOutcome.Replaced))
            KadMetrics.Refused("provider-full");
    }

    private void AddClosest(List<KadPeer> list, ReadOnlyMemory<byte> key, ConnectionDescription connection, PeerId? target)
    {
        // One more than fits, for the target that may be among them and is in the list already.
        var closest = table.Closest(KadKey.Of(key.Span), KadProtocol.BucketSize + 1, connection.RemotePeer);
        var left = KadProtocol.BucketSize;
        foreach (var peer in closest)
        {
            if (left == 0)
                return;
            if (peer == target || Describe(peer, connection) is not { } described)
                continue;
            list.Add(described);
            left--;
        }
    }

    /// <summary>A peer with the addresses that the asker may be told; null when there is none.</summary>
    private KadPeer? Describe(PeerId peer, ConnectionDescription asker, IReadOnlyList<Multiaddress>? more = null)
    {
        IEnumerable<Multiaddress> addresses = peer == swarm.LocalPeer ? swarm.AdvertisedAddresses : table.AddressesOf(peer);
        var told = policy.Telling(asker.RemoteAddress, more is null ? addresses : more.Concat(addresses).Distinct());
        if (told.Count == 0)
            return null;
        return new KadPeer(peer, told, swarm.IsConnected(peer) ? KadConnection.Connected : KadConnection.NotConnected);
    }

    private bool IsGood(StoredValue stored)
    {
        var now = swarm.Time.GetUtcNow();
        return (stored.IsOwn || (now - stored.ReceivedAt < options.RecordLifetime && !(stored.PublisherExpiry <= now)))
            && options.Validators.TryValidate(stored.Key, stored.Value, now, out _);
    }

    private KadRecord ToRecord(StoredValue stored) => new()
    {
        Key = stored.Key,
        Value = stored.Value,
        TimeReceived = System.Text.Encoding.ASCII.GetBytes(Records.Rfc3339Time.Format(stored.ReceivedAt)),
        Publisher = stored.Publisher,
        Ttl = stored.PublisherExpiry is { } expiry ? (uint)Math.Max(1, (expiry - swarm.Time.GetUtcNow()).TotalSeconds) : null,
    };

    private static List<Multiaddress> Bounded(IReadOnlyList<Multiaddress> addresses)
    {
        var kept = new List<Multiaddress>(addresses.Count);
        var bytes = 0;
        foreach (var address in addresses)
        {
            bytes += address.Bytes.Length;
            if (bytes > KadProtocol.MaxAddressBytesPerPeer)
                break;
            kept.Add(address);
        }

        return kept;
    }

    private KadReply Fault(string kind, string detail) => KadReply.Fault(options.Protocol.Value, kind, detail);
}
