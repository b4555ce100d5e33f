using PeerNet.Connections.Transports.Memory;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;
using PeerNet.Testing;

namespace PeerNet.ConformanceTests.Transports;

[TestClass]
public sealed class MemoryTransportTests : RawTransportConformance
{
    private readonly MemoryNetwork _network = new();

    protected override Multiaddress ListenAddress { get; } = Multiaddress.Parse("/memory/0");

    protected override IRawTransport Create() => new MemoryTransport(_network);

    [TestMethod]
    public async Task Networks_do_not_see_each_other()
    {
        await using var listener = await Create().ListenAsync(Multiaddress.Parse("/memory/5"), Token);
        await Assert.ThrowsExactlyAsync<System.Net.Sockets.SocketException>(
            async () => await new MemoryTransport(new MemoryNetwork()).DialAsync(listener.Address, false, Token));
    }
}
