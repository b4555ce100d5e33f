using System.Net;
using System.Net.Sockets;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Simulation.Time;

namespace PeerNet.Simulation.Network;

/// <summary>
/// A network of hosts at public addresses. Connections are born secure and multiplexed: what a handshake takes in round trips is waited for,
/// its cryptography is left out. Everything that arrives goes into <see cref="Trace"/>. Not thread-safe.
/// </summary>
public sealed class SimulatedNetwork(VirtualTime time, LinkModel links, int seed)
{
    // What a peer that vanished without a word is noticed after: Yamux asks after 30 s of silence and waits 10 s.
    private static readonly TimeSpan SilenceNoticed = TimeSpan.FromSeconds(40);

    // Noise takes one and a half round trips and the choice of the multiplexer rides along; with the three that go ahead it is about two.
    private const int HandshakeRoundTrips = 2;

    // Addresses outside of what is special are handed out from here.
    private static readonly byte[] FirstOctets = [.. Enumerable.Range(11, 90).Select(octet => (byte)octet)];

    private readonly Dictionary<Multiaddress, SimulatedHost> _hosts = [];
    private readonly HashSet<IPAddress> _taken = [];
    private readonly Random _random = new(seed);
    private int _lastPort = 20_000;

    /// <summary>A number that depends on all that has arrived, and when: two runs with the same one went the same way.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>Messages that have arrived.</summary>
    public long Delivered { get; private set; }

    /// <summary>Connections that were made.</summary>
    public long Connected { get; private set; }

    internal VirtualTime Time => time;

    internal LinkModel Links => links;

    /// <summary>A new host at an address that no other has.</summary>
    public SimulatedHost AddHost()
    {
        while (true)
        {
            var ip = new IPAddress([FirstOctets[_random.Next(FirstOctets.Length)], (byte)_random.Next(256), (byte)_random.Next(256), (byte)_random.Next(1, 255)]);
            if (!_taken.Add(ip))
                continue;
            var host = new SimulatedHost(_hosts.Count, ip, links.NewPlace());
            if (!host.Address.IsPublic())
                continue;
            _hosts.Add(host.Address, host);
            return host;
        }
    }

    /// <summary>Ends a host's program: its connections end, at once where the machine goes on, after a while where it is silent.</summary>
    public void Fail(SimulatedHost host, HostState state)
    {
        ArgumentNullException.ThrowIfNull(host);
        host.State = state;
        host.Listener?.Close();
        foreach (var connection in host.Connections.ToArray())
            connection.Cut(state == HostState.Silent ? SilenceNoticed : TimeSpan.Zero);
    }

    internal void Arrived(int from, int to, int bytes)
    {
        Delivered++;
        Note(time.Elapsed.Ticks);
        Note(((long)from << 40) ^ ((long)to << 20) ^ bytes);
    }

    internal async Task<SimulatedConnection> ConnectAsync(SimulatedHost from, PrivateKey identity, Multiaddress address, TransportDial dial, CancellationToken token)
    {
        if (from.State != HostState.Up || !_hosts.TryGetValue(address, out var to) || to.State == HostState.Silent)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, token).ConfigureAwait(false);
            throw new SocketException((int)SocketError.TimedOut);
        }

        var oneWay = links.OneWay(from.Place, to.Place);
        await Task.Delay(links.Next(oneWay) + links.Next(oneWay), time, token).ConfigureAwait(false);
        if (to.Listener is null)
            throw new SocketException((int)SocketError.ConnectionRefused);
        for (var i = 0; i < HandshakeRoundTrips; i++)
            await Task.Delay(links.Next(oneWay) + links.Next(oneWay), time, token).ConfigureAwait(false);
        var local = dial.ReusePort ? from.Address : Multiaddress.FromIPEndPoint(new IPEndPoint(from.IP, ++_lastPort), ProtocolType.Tcp);
        if (to.Listener is not { } listener || from.State != HostState.Up || listener.Admission.Admit(address, local) is not { } scope)
            throw new SocketException((int)SocketError.ConnectionReset);
        var near = new SimulatedConnection(this, from, Describe(local, address, identity, listener.Identity, Direction.Outbound), dial.Scope, oneWay);
        var far = new SimulatedConnection(this, to, Describe(address, local, listener.Identity, identity, Direction.Inbound), scope, oneWay);
        SimulatedConnection.Join(near, far);
        Connected++;
        if (!listener.Offer(far))
            near.Abort();
        return near;
    }

    private static ConnectionDescription Describe(Multiaddress local, Multiaddress remote, PrivateKey own, PrivateKey other, Direction direction) => new()
    {
        LocalAddress = local,
        RemoteAddress = remote,
        LocalPeer = own.PeerId,
        RemoteKey = other.PublicKey,
        Direction = direction,
        Transport = SimulatedTransport.TransportName,
        Security = "/simulated",
        Muxer = "/simulated",
    };

    // FNV-1a.
    private void Note(long value)
    {
        for (var i = 0; i < 8; i++, value >>= 8)
            Trace = unchecked((Trace ^ (byte)value) * 1099511628211);
    }
}
