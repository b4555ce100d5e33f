using System.Net;
using System.Net.Sockets;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.ConformanceTests.Stacks;

/// <summary>Half a thousand peers that connect and stop, from fifty addresses.</summary>
[TestClass]
[TestCategory("Socket")]
public sealed class StalledConnectionsTests
{
    private const int Stalled = 500;
    private const int Addresses = 50;

    private static readonly string[] Beginnings =
    [
        "", "\x13/multi", "\x13/multistream/1.0.0\n", "\x13/multistream/1.0.0\n\x07/noise\n", "\x13/multistream/1.0.0\n\x07/noise\n\0 eeee",
    ];

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task A_good_peer_always_gets_in()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("Only Linux has the whole of 127.0.0.0/8 on its loopback.");
        using var listenerKey = PrivateKey.Generate();
        using var dialerKey = PrivateKey.Generate();
        var stack = Stack.All[0];
        await using var server = stack.Create(listenerKey);
        await using var client = stack.Create(dialerKey);
        var admission = new Admission();
        await using var listener = await server.ListenAsync(Multiaddress.Parse("/ip4/0.0.0.0/tcp/0"), admission, Token);
        listener.Address.TryGetPort(out var port);
        var target = Multiaddress.Parse($"/ip4/127.0.0.1/tcp/{port}");
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < Stalled; i++)
            {
                sockets.Add(await StallAsync(i, port));
                if (i % 50 == 0)
                    await ConnectAsync();
            }

            await ConnectAsync();
            Assert.IsLessThanOrEqualTo(256, server.PendingInbound);
            Assert.AreEqual(0, admission.NotEvicted, "A stalled peer was dropped for another reason than crowding.");
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }

        async Task ConnectAsync()
        {
            var dial = client.DialAsync(target, new TransportDial { ExpectedPeer = listenerKey.PeerId, Scope = UnlimitedResources.Connection }, Token).AsTask();
            await using var inbound = await listener.AcceptAsync(Token);
            await using var connection = await dial;
            Assert.AreEqual(dialerKey.PeerId, inbound!.Description.RemotePeer);
        }
    }

    private async Task<Socket> StallAsync(int number, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(new IPAddress([127, 1, (byte)(1 + (number % Addresses)), 1]), 0));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Token);
        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(Beginnings[number % Beginnings.Length]), Token);
        return socket;
    }

    private sealed class Admission : IInboundAdmission
    {
        private int _notEvicted;

        public int NotEvicted => Volatile.Read(ref _notEvicted);

        public IConnectionScope? Admit(Multiaddress local, Multiaddress remote) => UnlimitedResources.Connection;

        public void UpgradeFailed(Multiaddress local, Multiaddress remote, Exception error)
        {
            if (error is not Core.Errors.ResourceLimitException)
                Interlocked.Increment(ref _notEvicted);
        }
    }
}
