using System.Net;
using PeerNet.Multiformats;
using PeerNet.Swarm.Events;

namespace PeerNet.Swarm.Listening;

/// <summary>
/// The node's own addresses: bound ones expanded to the interfaces, external ones that were confirmed or that observers agree on, and of all
/// these the ones that others are told. Recomputed when a part changes, read without a lock. Thread-safe.
/// </summary>
internal sealed class OwnAddresses
{
    private readonly SwarmContext _context;
    private readonly INetworkInterfaces _interfaces;
    private readonly Lock _lock = new();
    private readonly ObservedAddresses _observed;
    private readonly List<Multiaddress> _bound = [];
    private readonly List<Multiaddress> _confirmed = [];

    // Asking the system takes a while: it is asked when told that something changed, when a listener comes, and now and then.
    private IReadOnlyList<IPAddress> _interfaceAddresses = [];
    private volatile View _view = new([], [], []);

    public OwnAddresses(SwarmContext context, INetworkInterfaces interfaces)
    {
        _context = context;
        _interfaces = interfaces;
        _observed = new ObservedAddresses(context.Options.Listening.ObservedAddressThreshold);
    }

    /// <summary>Bound addresses as they are.</summary>
    public IReadOnlyList<Multiaddress> Bound
    {
        get
        {
            lock (_lock)
                return [.. _bound];
        }
    }

    /// <summary>Bound addresses, expanded.</summary>
    public IReadOnlyList<Multiaddress> Listening => _view.Listening;

    /// <summary>Addresses that others are told.</summary>
    public IReadOnlyList<Multiaddress> Advertised => _view.Advertised;

    /// <summary>Addresses that were confirmed from outside.</summary>
    public IReadOnlyList<Multiaddress> Confirmed
    {
        get
        {
            lock (_lock)
                return [.. _confirmed];
        }
    }

    /// <summary>What peers report.</summary>
    public IReadOnlyList<ObservedAddress> Observed
    {
        get
        {
            lock (_lock)
                return _observed.Read();
        }
    }

    /// <summary>Whether this node listens on an address; names resolved, in its comparable spelling.</summary>
    public bool IsOwn(Multiaddress address) => _view.Comparable.Contains(address);

    public void AddBound(Multiaddress address)
    {
        Volatile.Write(ref _interfaceAddresses, _interfaces.GetAddresses());
        Change(() => _bound.Add(address));
    }

    public void RemoveBound(Multiaddress address) => Change(() =>
    {
        _bound.Remove(address);
        _observed.RemoveListener(address);
    });

    public void Confirm(Multiaddress address) => Change(() =>
    {
        if (!_confirmed.Contains(address))
            _confirmed.Add(address);
    });

    public void Unconfirm(Multiaddress address) => Change(() => _confirmed.Remove(address));

    /// <summary>The interfaces may have changed.</summary>
    public void Refresh()
    {
        Volatile.Write(ref _interfaceAddresses, _interfaces.GetAddresses());
        Change(() => { });
    }

    /// <summary>A peer reported this node's address over a connection.</summary>
    public void Report(PeerConnection connection, Multiaddress observed)
    {
        var remote = connection.Description.RemoteAddress;
        if (remote.IsCircuit() || !remote.TryGetIPAddress(out var observer))
            return;
        Change(() =>
        {
            if (connection.IsClosed)
                return;
            foreach (var bound in _bound)
            {
                if (!ObservedAddresses.BelongsTo(connection.Description.LocalAddress, bound))
                    continue;
                if (ObservedAddresses.Interpret(bound, observed) is { } external && !_view.Listening.Contains(external))
                    _observed.Record(connection.Number, bound, external, observer, _context.Time.GetUtcNow());
                return;
            }
        });
    }

    public void OnClosed(PeerConnection connection)
    {
        lock (_lock)
        {
            if (!_observed.Contains(connection.Number))
                return;
        }

        Change(() => _observed.Remove(connection.Number));
    }

    private void Change(Action change)
    {
        lock (_lock)
        {
            var activeBefore = ActiveObserved();
            change();
            var active = ActiveObserved();
            var old = _view;
            var view = Compute(Volatile.Read(ref _interfaceAddresses), active);
            if (!view.Listening.SequenceEqual(old.Listening) || !view.Advertised.SequenceEqual(old.Advertised))
            {
                _view = view;
                if (_context.Events.HasSubscribers)
                    _context.Events.Publish(new ListenAddressesChanged(_context.Events.Now, view.Listening, view.Advertised));
            }

            foreach (var address in active.Except(activeBefore))
                _context.Events.Publish(new ObservedAddressChanged(_context.Events.Now, address, IsActive: true));
            foreach (var address in activeBefore.Except(active))
                _context.Events.Publish(new ObservedAddressChanged(_context.Events.Now, address, IsActive: false));
        }
    }

    private List<Multiaddress> ActiveObserved() => [.. _observed.Read().Where(observed => observed.IsActive).Select(observed => observed.Address)];

    private View Compute(IReadOnlyList<IPAddress> interfaces, List<Multiaddress> observed)
    {
        var options = _context.Options.Listening;
        var listening = _bound.SelectMany(bound => AddressExpander.Expand(bound, interfaces)).Distinct().ToArray();
        IEnumerable<Multiaddress> advertised = options.Announce;
        if (options.Announce.Count == 0)
        {
            advertised = _confirmed.Concat(observed).Concat(listening).Concat(options.AppendAnnounce)
                .Where(address => AddressRules.MayAdvertise(address, options.NoAnnounce));
        }

        var own = listening.Select(address => address.ToComparable()).ToHashSet();
        return new View(listening, [.. advertised.Select(address => address.WithoutPeer(_context.LocalPeer)).Distinct()], own);
    }

    private sealed record View(IReadOnlyList<Multiaddress> Listening, IReadOnlyList<Multiaddress> Advertised, HashSet<Multiaddress> Comparable);
}
