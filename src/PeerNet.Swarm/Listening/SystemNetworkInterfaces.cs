using System.Net;
using System.Net.NetworkInformation;

namespace PeerNet.Swarm.Listening;

/// <summary>The interfaces that the operating system reports.</summary>
public sealed class SystemNetworkInterfaces : INetworkInterfaces
{
    private readonly Lock _lock = new();
    private EventHandler? _changed;

    private SystemNetworkInterfaces()
    {
    }

    /// <summary>The one instance.</summary>
    public static SystemNetworkInterfaces Instance { get; } = new();

    /// <inheritdoc />
    /// <remarks>The system's own event is held only while somebody listens: it costs a thread or a socket on some platforms.</remarks>
    public event EventHandler? Changed
    {
        add
        {
            lock (_lock)
            {
                if (_changed is null)
                    NetworkChange.NetworkAddressChanged += OnChanged;
                _changed += value;
            }
        }

        remove
        {
            lock (_lock)
            {
                _changed -= value;
                if (_changed is null)
                    NetworkChange.NetworkAddressChanged -= OnChanged;
            }
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<IPAddress> GetAddresses()
    {
        var addresses = new List<IPAddress>();
        try
        {
            foreach (var adapter in NetworkInterface.GetAllNetworkInterfaces())
            {
                if (adapter.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown))
                    continue;
                foreach (var unicast in adapter.GetIPProperties().UnicastAddresses)
                    addresses.Add(unicast.Address);
            }
        }
        catch (NetworkInformationException)
        {
            // A sandbox may hide its interfaces: loopback is what can be relied on.
            addresses.Add(IPAddress.Loopback);
        }

        return addresses;
    }

    private void OnChanged(object? sender, EventArgs args) => _changed?.Invoke(this, EventArgs.Empty);
}
