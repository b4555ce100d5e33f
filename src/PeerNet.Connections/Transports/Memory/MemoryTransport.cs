using System.Buffers.Binary;
using System.Net.Sockets;
using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Memory;

/// <summary>
/// Raw connections inside one process: <c>/memory/N</c>. Bounded buffers, no sockets, no timers: whole nodes run on it in virtual time. Listening on
/// <c>/memory/0</c> takes a free number. Thread-safe.
/// </summary>
public sealed class MemoryTransport : IRawTransport
{
    private readonly MemoryNetwork _network;

    /// <summary>Creates a transport in a network; by default in <see cref="MemoryNetwork.Shared"/>.</summary>
    public MemoryTransport(MemoryNetwork? network = null) => _network = network ?? MemoryNetwork.Shared;

    /// <inheritdoc />
    public string Name => "memory";

    /// <inheritdoc />
    public bool UsesFileDescriptors => false;

    /// <inheritdoc />
    public bool CanDial(Multiaddress address) => CanListen(address) && NumberOf(address) != 0;

    /// <inheritdoc />
    public bool CanListen(Multiaddress address) => address.GetTransport() == MultiaddressTransport.Memory;

    /// <inheritdoc />
    public async ValueTask<RawConnection> DialAsync(Multiaddress address, bool reusePort, CancellationToken token = default)
    {
        if (_network.Find(NumberOf(address)) is not { } listener)
            throw new SocketException((int)SocketError.ConnectionRefused);
        var (near, far) = MemoryConnection.CreatePair(AddressOf(_network.NextNumber()), listener.Address);
        if (await listener.TryEnqueueAsync(far, token).ConfigureAwait(false))
            return near;
        near.Abort();
        throw new SocketException((int)SocketError.ConnectionRefused);
    }

    /// <inheritdoc />
    public ValueTask<IRawListener> ListenAsync(Multiaddress address, CancellationToken token = default)
    {
        var number = NumberOf(address);
        if (number == 0)
            number = _network.NextNumber();
        var listener = new MemoryListener(_network, number, AddressOf(number));
        return _network.TryAdd(listener)
            ? new ValueTask<IRawListener>(listener)
            : ValueTask.FromException<IRawListener>(new SocketException((int)SocketError.AddressAlreadyInUse));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static ulong NumberOf(Multiaddress address) => BinaryPrimitives.ReadUInt64BigEndian(address.Components[0].Value.Span);

    private static Multiaddress AddressOf(ulong number)
    {
        var value = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, number);
        return Multiaddress.Create(new MultiaddressComponent(MultiaddressCodes.Memory, value));
    }
}
