using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Testing;

/// <summary>What every raw transport keeps. A transport's test class derives from it and says how the transport is made and where it listens.</summary>
public abstract class RawTransportConformance
{
    private const int BulkBytes = 4 * 1024 * 1024;

    /// <summary>For deadlines of the transport under test: no law here is about time, and the machine may be busy.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Set by the runner.</summary>
    public TestContext TestContext { get; set; } = null!;

    /// <summary>An address to listen on, with a port of the system's choice.</summary>
    protected abstract Multiaddress ListenAddress { get; }

    /// <summary>Whether a direction can end while the other goes on.</summary>
    protected virtual bool HasHalfClose => true;

    protected CancellationToken Token => TestContext.CancellationToken;

    /// <summary>Makes the transport.</summary>
    protected abstract IRawTransport Create();

    [TestMethod]
    public async Task Bytes_arrive_in_order_in_both_directions()
    {
        await using var pair = await ConnectAsync();
        await SendAsync(pair.Dialer, "hello");
        Assert.AreEqual("hello", await ReceiveAsync(pair.Listener, 5));
        await SendAsync(pair.Listener, "and ");
        await SendAsync(pair.Listener, "back");
        Assert.AreEqual("and back", await ReceiveAsync(pair.Dialer, 8));
    }

    [TestMethod]
    public async Task Both_ends_know_their_addresses()
    {
        await using var pair = await ConnectAsync();
        Assert.AreEqual(pair.Address, pair.Dialer.RemoteAddress);
        Assert.AreEqual(pair.Address, pair.Listener.LocalAddress);
        Assert.AreEqual(pair.Dialer.LocalAddress, pair.Listener.RemoteAddress);
        Assert.AreEqual(ListenAddress.GetTransport(), pair.Listener.RemoteAddress.GetTransport());
        await using var transport = Create();
        Assert.IsTrue(transport.CanListen(ListenAddress));
        Assert.IsTrue(transport.CanDial(pair.Address));
    }

    [TestMethod]
    public async Task Megabytes_go_both_ways_at_once_unchanged()
    {
        await using var pair = await ConnectAsync();
        var there = RandomNumberGenerator.GetBytes(BulkBytes);
        var back = RandomNumberGenerator.GetBytes(BulkBytes);
        var sending = Task.WhenAll(SendInPiecesAsync(pair.Dialer, there, 100_000), SendInPiecesAsync(pair.Listener, back, 777));
        var received = await Task.WhenAll(HashAsync(pair.Listener, BulkBytes), HashAsync(pair.Dialer, BulkBytes));
        await sending;
        CollectionAssert.AreEqual(SHA256.HashData(there), received[0]);
        CollectionAssert.AreEqual(SHA256.HashData(back), received[1]);
    }

    [TestMethod]
    public async Task A_sender_waits_for_a_slow_reader()
    {
        await using var pair = await ConnectAsync();
        var sending = SendInPiecesAsync(pair.Dialer, new byte[64 * 1024 * 1024], 64 * 1024);
        await SendAsync(pair.Listener, "x");
        await ReceiveAsync(pair.Dialer, 1);
        Assert.IsFalse(sending.IsCompleted);
        pair.Dialer.Abort();
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => sending);
    }

    [TestMethod]
    public async Task An_empty_receive_waits_and_takes_nothing()
    {
        await using var pair = await ConnectAsync();
        var waiting = pair.Listener.ReceiveAsync(Memory<byte>.Empty, Token).AsTask();
        Assert.IsFalse(waiting.IsCompleted);
        await SendAsync(pair.Dialer, "a");
        Assert.AreEqual(0, await waiting);
        Assert.AreEqual("a", await ReceiveAsync(pair.Listener, 1));
    }

    [TestMethod]
    public async Task The_end_comes_behind_what_was_sent()
    {
        await using var pair = await ConnectAsync();
        await SendAsync(pair.Dialer, "last words");
        await pair.Dialer.ShutdownAsync(Token);
        Assert.AreEqual("last words", await ReceiveAsync(pair.Listener, 10));
        Assert.AreEqual(0, await pair.Listener.ReceiveAsync(Memory<byte>.Empty, Token));
        Assert.AreEqual(0, await pair.Listener.ReceiveAsync(new byte[1], Token));
        Assert.AreEqual(0, await pair.Listener.ReceiveAsync(new byte[1], Token));
        if (!HasHalfClose)
            return;
        await SendAsync(pair.Listener, "still heard");
        Assert.AreEqual("still heard", await ReceiveAsync(pair.Dialer, 11));
    }

    [TestMethod]
    public async Task What_was_sent_before_the_end_survives_an_abort_behind_it()
    {
        await using var pair = await ConnectAsync();
        await SendAsync(pair.Dialer, "last words");
        await pair.Dialer.ShutdownAsync(Token);
        pair.Dialer.Abort();
        Assert.AreEqual("last words", await ReceiveAsync(pair.Listener, 10));
        Assert.AreEqual(0, await pair.Listener.ReceiveAsync(new byte[1], Token));
    }

    [TestMethod]
    public async Task An_abort_is_seen_by_the_peer_as_a_failure()
    {
        await using var pair = await ConnectAsync();
        pair.Dialer.Abort();
        var error = await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await pair.Listener.ReceiveAsync(new byte[1], Token));
        Assert.AreEqual(ConnectionCloseReason.TransportFailure, error.Reason);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () =>
        {
            while (true)
                await SendAsync(pair.Listener, "into the void");
        });
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(100)]
    public async Task An_abort_ends_a_pending_receive(int bufferBytes)
    {
        await using var pair = await ConnectAsync();
        var receiving = pair.Dialer.ReceiveAsync(new byte[bufferBytes], Token).AsTask();
        pair.Dialer.Abort();
        pair.Dialer.Abort();
        Assert.AreEqual(ConnectionCloseReason.Local, (await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => receiving)).Reason);
        Assert.AreEqual(ConnectionCloseReason.Local, (await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await pair.Dialer.ReceiveAsync(new byte[1], Token))).Reason);
        Assert.AreEqual(ConnectionCloseReason.Local, (await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await pair.Dialer.SendAsync(new byte[1], Token))).Reason);
    }

    [TestMethod]
    public async Task A_peer_that_is_not_opened_holds_up_nobody()
    {
        await using var transport = Create();
        await using var listener = await transport.ListenAsync(ListenAddress, Token);
        var dials = Enumerable.Range(0, 20).Select(_ => transport.DialAsync(listener.Address, false, Token).AsTask()).ToArray();
        var stalled = await listener.AcceptAsync(Token);
        var served = new List<RawConnection>();
        for (var i = 1; i < dials.Length; i++)
            served.Add(await (await listener.AcceptAsync(Token))!.OpenAsync(Token));
        foreach (var connection in served)
            await SendAsync(connection, "x");
        await stalled!.DisposeAsync();
        var results = await Task.WhenAll(dials.Select(async dial =>
        {
            try
            {
                return await (await dial).ReceiveAsync(new byte[1], Token);
            }
            catch (Exception error) when (error is PeerNetException or SocketException)
            {
                return -1;
            }
        }));
        Assert.AreEqual(19, results.Count(result => result == 1));
    }

    [TestMethod]
    public async Task A_closed_listener_accepts_nothing_more()
    {
        await using var transport = Create();
        var listener = await transport.ListenAsync(ListenAddress, Token);
        var accepting = listener.AcceptAsync(Token).AsTask();
        await listener.DisposeAsync();
        await listener.DisposeAsync();
        Assert.IsNull(await accepting);
        Assert.IsNull(await listener.AcceptAsync(Token));
        await Assert.ThrowsExactlyAsync<SocketException>(async () => await transport.DialAsync(listener.Address, true, Token));
    }

    [TestMethod]
    public async Task An_address_is_listened_on_once()
    {
        await using var transport = Create();
        await using var listener = await transport.ListenAsync(ListenAddress, Token);
        var error = await Assert.ThrowsExactlyAsync<SocketException>(async () => await transport.ListenAsync(listener.Address, Token));
        Assert.AreEqual(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
        await using var other = Create();
        error = await Assert.ThrowsExactlyAsync<SocketException>(async () => await other.ListenAsync(listener.Address, Token));
        Assert.AreEqual(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
    }

    [TestMethod]
    public async Task An_address_is_free_again_after_its_connections_have_ended()
    {
        await using var transport = Create();
        var address = ListenAddress;
        for (var round = 0; round < 3; round++)
        {
            await using var listener = await transport.ListenAsync(address, Token);
            address = listener.Address;
            var dial = transport.DialAsync(address, true, Token).AsTask();
            var accepted = await (await listener.AcceptAsync(Token))!.OpenAsync(Token);
            await accepted.ShutdownAsync(Token);
            Assert.AreEqual(0, await (await dial).ReceiveAsync(new byte[1], Token));
            accepted.Abort();
        }
    }

    [TestMethod]
    public async Task A_cancelled_dial_is_cancelled()
    {
        await using var transport = Create();
        await using var listener = await transport.ListenAsync(ListenAddress, Token);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await transport.DialAsync(listener.Address, false, cancelled.Token));
    }

    /// <summary>Dials and accepts one connection.</summary>
    protected async Task<Pair> ConnectAsync()
    {
        var transport = Create();
        var listener = await transport.ListenAsync(ListenAddress, Token);
        var dial = transport.DialAsync(listener.Address, true, Token).AsTask();
        var accepted = await listener.AcceptAsync(Token);
        var inbound = await accepted!.OpenAsync(Token);
        await accepted.DisposeAsync();
        return new Pair(transport, listener, await dial, inbound);
    }

    protected async Task SendAsync(RawConnection connection, string text) => await connection.SendAsync(Encoding.ASCII.GetBytes(text), Token);

    protected async Task<string> ReceiveAsync(RawConnection connection, int count)
    {
        var buffer = new byte[count];
        for (var at = 0; at < count;)
        {
            var received = await connection.ReceiveAsync(buffer.AsMemory(at), Token);
            Assert.AreNotEqual(0, received, "The connection ended too early.");
            at += received;
        }

        return Encoding.ASCII.GetString(buffer);
    }

    private async Task SendInPiecesAsync(RawConnection connection, byte[] bytes, int piece)
    {
        for (var at = 0; at < bytes.Length; at += piece)
            await connection.SendAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)), Token);
    }

    private async Task<byte[]> HashAsync(RawConnection connection, int count)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[30_000];
        while (count > 0)
        {
            var received = await connection.ReceiveAsync(buffer.AsMemory(0, Math.Min(count, buffer.Length)), Token);
            Assert.AreNotEqual(0, received, "The connection ended too early.");
            hash.AppendData(buffer, 0, received);
            count -= received;
        }

        return hash.GetHashAndReset();
    }

    /// <summary>A connection with its surroundings.</summary>
    protected sealed record Pair(IRawTransport Transport, IRawListener Owner, RawConnection Dialer, RawConnection Listener) : IAsyncDisposable
    {
        public Multiaddress Address => Owner.Address;

        public async ValueTask DisposeAsync()
        {
            await Dialer.DisposeAsync();
            await Listener.DisposeAsync();
            await Owner.DisposeAsync();
            await Transport.DisposeAsync();
        }
    }
}
