using Microsoft.Extensions.Time.Testing;
using PeerNet.Core.Errors;
using PeerNet.Protocols.Ping;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Ping;

[TestClass]
public sealed class PingExchangeTests
{
    private readonly PeerStreamPair _pair = new(PingProtocol.Id);

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task Measures_from_the_write_to_the_whole_answer()
    {
        var time = new FakeTimeProvider();
        var ping = PingExchange.PingAsync(_pair.Dialer, time, Token).AsTask();
        var sent = new byte[32];
        await _pair.Listener.ReadExactlyAsync(sent, Token);
        time.Advance(TimeSpan.FromMilliseconds(40));
        await _pair.Listener.WriteAsync(sent.AsMemory(0, 31), Token);
        Assert.IsFalse(ping.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(2));
        await _pair.Listener.WriteAsync(sent.AsMemory(31), Token);
        Assert.AreEqual(TimeSpan.FromMilliseconds(42), await ping);
    }

    [TestMethod]
    public async Task Sends_32_bytes_in_one_write_and_other_bytes_each_time()
    {
        var first = await SentAsync();
        var second = await SentAsync();
        Assert.IsFalse(first.AsSpan().SequenceEqual(second));

        static async Task<byte[]> SentAsync()
        {
            var pair = new PeerStreamPair(PingProtocol.Id);
            var ping = PingExchange.PingAsync(pair.Dialer, TimeProvider.System, default).AsTask();
            var sent = new byte[32];
            await pair.Listener.ReadExactlyAsync(sent);
            await pair.Listener.WriteAsync(sent);
            await ping;
            Assert.AreEqual(1, pair.DialerEnd.Writes);
            return sent;
        }
    }

    [TestMethod]
    public async Task Refuses_other_bytes_than_it_sent()
    {
        var ping = PingExchange.PingAsync(_pair.Dialer, TimeProvider.System, Token).AsTask();
        var sent = new byte[32];
        await _pair.Listener.ReadExactlyAsync(sent, Token);
        sent[31] ^= 1;
        await _pair.Listener.WriteAsync(sent, Token);
        await Assert.ThrowsExactlyAsync<ProtocolViolationException>(() => ping);
    }

    [TestMethod]
    public async Task Refuses_31_bytes_and_the_end()
    {
        var ping = PingExchange.PingAsync(_pair.Dialer, TimeProvider.System, Token).AsTask();
        var sent = new byte[32];
        await _pair.Listener.ReadExactlyAsync(sent, Token);
        await _pair.Listener.WriteAsync(sent.AsMemory(0, 31), Token);
        await _pair.Listener.CloseWriteAsync(Token);
        await Assert.ThrowsExactlyAsync<ProtocolViolationException>(() => ping);
    }

    [TestMethod]
    public async Task Echoes_pings_however_they_are_cut_until_the_end()
    {
        var serving = PingExchange.RespondAsync(_pair.Listener, Token).AsTask();
        var pings = Enumerable.Range(0, 96).Select(i => (byte)i).ToArray();
        foreach (var b in pings)
            await _pair.Dialer.WriteAsync(new[] { b }, Token);
        var echoed = new byte[96];
        await _pair.Dialer.ReadExactlyAsync(echoed, Token);
        CollectionAssert.AreEqual(pings, echoed);
        await _pair.Dialer.CloseWriteAsync(Token);
        await serving;
    }

    [TestMethod]
    public async Task Never_echoes_a_part_of_a_ping()
    {
        var serving = PingExchange.RespondAsync(_pair.Listener, Token).AsTask();
        await _pair.Dialer.WriteAsync(new byte[31], Token);
        await _pair.Dialer.CloseWriteAsync(Token);
        await serving;
        await _pair.Listener.DisposeAsync();
        Assert.AreEqual(0, await _pair.Dialer.ReadAsync(new byte[32], Token));
        Assert.IsFalse(_pair.DialerEnd.IsReset);
    }

    [TestMethod]
    public async Task Holds_up_a_peer_that_writes_and_does_not_read()
    {
        var pair = new PeerStreamPair(PingProtocol.Id, windowBytes: 64);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var serving = PingExchange.RespondAsync(pair.Listener, stop.Token).AsTask();
        var flood = FloodAsync();
        while (pair.ListenerEnd.Writes < 2)
            await Task.Yield();
        Assert.IsFalse(flood.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => serving);
        pair.ListenerEnd.Reset();
        await Assert.ThrowsExactlyAsync<StreamResetException>(() => flood);

        async Task FloodAsync()
        {
            while (true)
                await pair.Dialer.WriteAsync(new byte[32], Token);
        }
    }
}
