using System.Threading.Channels;
using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Simulation.Network;

/// <summary>One host's way into a <see cref="SimulatedNetwork"/>: born secure and multiplexed, at addresses that look like TCP's.</summary>
public sealed class SimulatedTransport(SimulatedNetwork network, SimulatedHost host, PrivateKey identity) : ITransport
{
    internal const string TransportName = "simulated";

    /// <inheritdoc />
    public string Name => TransportName;

    /// <inheritdoc />
    public bool CanDial(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.GetTransport() == MultiaddressTransport.Tcp;
    }

    /// <inheritdoc />
    public bool CanListen(Multiaddress address) => address == host.Address;

    /// <inheritdoc />
    public async ValueTask<MuxedConnection> DialAsync(Multiaddress address, TransportDial dial, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(dial);
        try
        {
            return await network.ConnectAsync(host, identity, address, dial, token).ConfigureAwait(false);
        }
        catch
        {
            dial.Scope.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask<ITransportListener> ListenAsync(Multiaddress address, IInboundAdmission admission, CancellationToken token = default)
    {
        var listener = new SimulatedListener(host, identity, admission);
        host.Listener = listener;
        return new ValueTask<ITransportListener>(listener);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A host's listener.</summary>
internal sealed class SimulatedListener(SimulatedHost host, PrivateKey identity, IInboundAdmission admission) : ITransportListener
{
    // As operating systems: connections that nobody has accepted yet.
    private const int Backlog = 128;

    private readonly Channel<MuxedConnection> _accepted = Channel.CreateBounded<MuxedConnection>(Backlog);

    public Multiaddress Address => host.Address;

    public PrivateKey Identity => identity;

    public IInboundAdmission Admission => admission;

    public bool Offer(SimulatedConnection connection) => _accepted.Writer.TryWrite(connection);

    public async ValueTask<MuxedConnection?> AcceptAsync(CancellationToken token = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(token).ConfigureAwait(false))
        {
            if (_accepted.Reader.TryRead(out var connection))
                return connection;
        }

        return null;
    }

    public void Close()
    {
        if (host.Listener == this)
            host.Listener = null;
        _accepted.Writer.TryComplete();
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }
}
