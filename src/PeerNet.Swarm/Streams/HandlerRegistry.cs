using System.Collections.Frozen;
using PeerNet.Core;

namespace PeerNet.Swarm.Streams;

/// <summary>
/// Who serves which protocol. Changes are rare and make a new table; asking takes no lock. A handler registered for exactly the protocol
/// comes before one that matches many. Thread-safe.
/// </summary>
internal sealed class HandlerRegistry(Action<IReadOnlyList<ProtocolId>, IReadOnlyList<ProtocolId>> changed)
{
    private readonly Lock _lock = new();
    private volatile FrozenDictionary<ProtocolId, HandlerRegistration> _exact = FrozenDictionary<ProtocolId, HandlerRegistration>.Empty;
    private HandlerRegistration[] _matching = [];

    /// <summary>Protocols registered by name, those of which others are told.</summary>
    public IReadOnlyCollection<ProtocolId> Protocols => _exact.Keys;

    /// <exception cref="InvalidOperationException">The protocol is served already.</exception>
    public HandlerRegistration Add(ProtocolId protocol, StreamHandler handler, HandlerOptions options)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (string.IsNullOrEmpty(protocol.Value) || System.Text.Encoding.UTF8.GetByteCount(protocol.Value) > ProtocolId.MaxBytes || protocol.Value.Contains('\n', StringComparison.Ordinal))
            throw new ArgumentException($"A protocol's name has 1 to {ProtocolId.MaxBytes} bytes and no line end.", nameof(protocol));
        var registration = new HandlerRegistration(this, protocol, null, handler, options);
        lock (_lock)
        {
            if (_exact.ContainsKey(protocol))
                throw new InvalidOperationException($"The protocol {protocol} is served already.");
            _exact = _exact.Append(KeyValuePair.Create(protocol, registration)).ToFrozenDictionary();
        }

        changed([protocol], []);
        return registration;
    }

    public HandlerRegistration Add(Func<ProtocolId, bool> match, StreamHandler handler, HandlerOptions options)
    {
        ArgumentNullException.ThrowIfNull(match);
        ArgumentNullException.ThrowIfNull(handler);
        var registration = new HandlerRegistration(this, null, match, handler, options);
        lock (_lock)
            Volatile.Write(ref _matching, [.. _matching, registration]);
        return registration;
    }

    public void Remove(HandlerRegistration registration)
    {
        lock (_lock)
        {
            if (registration.Protocol is not { } protocol)
            {
                Volatile.Write(ref _matching, Array.FindAll(_matching, other => other != registration));
                return;
            }

            if (!_exact.TryGetValue(protocol, out var current) || current != registration)
                return;
            _exact = _exact.Where(pair => pair.Key != protocol).ToFrozenDictionary();
        }

        changed([], [registration.Protocol!.Value]);
    }

    /// <summary>The handler of a protocol, or null.</summary>
    public HandlerRegistration? Find(ProtocolId protocol)
    {
        if (_exact.TryGetValue(protocol, out var exact))
            return exact;
        foreach (var registration in Volatile.Read(ref _matching))
        {
            if (registration.Matches(protocol))
                return registration;
        }

        return null;
    }
}
