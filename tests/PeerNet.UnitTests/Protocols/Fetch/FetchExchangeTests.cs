using System.Text;
using PeerNet.Core.Errors;
using PeerNet.Core.Wire;
using PeerNet.Protocols.Fetch;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Fetch;

[TestClass]
public sealed class FetchExchangeTests
{
    private readonly PeerStreamPair _pair = new(FetchProtocol.Id);
    private readonly FetchLookups _lookups = new();

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task Finds_a_value()
    {
        _lookups.Add("/pk/"u8, (key, _) => Value(key.ToArray()));
        var serving = Serve();
        CollectionAssert.AreEqual("/pk/x"u8.ToArray(), await FetchAsync("/pk/x"));
        await _pair.Dialer.CloseWriteAsync(Token);
        await serving;
    }

    [TestMethod]
    public async Task An_absent_key_is_null()
    {
        _lookups.Add("/pk/"u8, (_, _) => default);
        _ = Serve();
        Assert.IsNull(await FetchAsync("/pk/x"));
    }

    [TestMethod]
    public async Task An_empty_value_is_no_absent_one()
    {
        _lookups.Add("/pk/"u8, (_, _) => Value([]));
        _ = Serve();
        Assert.IsEmpty((await FetchAsync("/pk/x"))!);
    }

    [TestMethod]
    public async Task The_longest_prefix_decides()
    {
        _lookups.Add("/a/"u8, (_, _) => Value([1]));
        var longer = _lookups.Add("/a/b/"u8, (_, _) => Value([2]));
        _ = Serve();
        CollectionAssert.AreEqual(new byte[] { 2 }, await FetchAsync("/a/b/c"));
        longer.Dispose();
        CollectionAssert.AreEqual(new byte[] { 1 }, await FetchAsync("/a/b/c"));
    }

    [TestMethod]
    public async Task A_key_without_a_lookup_and_a_lookup_that_throws_are_errors()
    {
        _lookups.Add("/a/"u8, (_, _) => throw new InvalidOperationException("secret"));
        _ = Serve();
        await Assert.ThrowsExactlyAsync<FetchException>(() => FetchAsync("/b/"));
        var error = await Assert.ThrowsExactlyAsync<FetchException>(() => FetchAsync("/a/x"));
        Assert.DoesNotContain("secret", error.Message);
    }

    [TestMethod]
    public async Task A_value_over_the_limit_is_an_error_at_the_server()
    {
        _lookups.Add(""u8, (_, _) => Value(new byte[1001]));
        _ = Serve(maxValue: 1000);
        await Assert.ThrowsExactlyAsync<FetchException>(() => FetchAsync("x"));
    }

    [TestMethod]
    public async Task A_response_over_the_limit_is_refused_before_it_is_read()
    {
        var fetching = FetchAsync("x", maxValue: 1000);
        await _pair.Listener.WriteAsync(new byte[] { 0x80, 0x80, 0x80, 0x02 }, Token);
        await Assert.ThrowsExactlyAsync<ProtocolViolationException>(() => fetching);
    }

    [TestMethod]
    public async Task Reads_and_writes_the_vectors()
    {
        foreach (var row in ProtocolVectors.Rows("fetch", "messages.json", "fetch"))
        {
            var pair = new PeerStreamPair(FetchProtocol.Id);
            if (row.GetProperty("note").GetString() == "request")
            {
                var frame = row.Bytes("frame");
                _ = FetchExchange.FetchAsync(pair.Dialer, Encoding.UTF8.GetBytes(row.GetProperty("fields").TextOrNull("identifier")!), 1000, Token).AsTask();
                var sent = new byte[frame.Length];
                await pair.Listener.ReadExactlyAsync(sent, Token);
                CollectionAssert.AreEqual(frame, sent);
                continue;
            }

            await pair.Listener.WriteAsync(row.Bytes("frame"), Token);
            var fetching = FetchExchange.FetchAsync(pair.Dialer, "k"u8.ToArray(), 1000, Token).AsTask();
            var status = row.GetProperty("fields").TryGetProperty("status", out var number) ? number.GetInt32() : 0;
            if (status == 2)
                await Assert.ThrowsExactlyAsync<FetchException>(() => fetching);
            else
                Assert.AreEqual(status == 1 ? null : row.GetProperty("fields").TextOrNull("data"), await fetching is { } value ? ProtocolVectors.Hex(value) : null);
        }
    }

    [TestMethod]
    public async Task Writes_the_status_of_a_found_value_although_it_is_zero()
    {
        _lookups.Add(""u8, (_, _) => Value("value"u8.ToArray()));
        _ = Serve();
        await FrameWriter.SendAsync(_pair.Dialer, new byte[] { 0x0a, 1, (byte)'k' }, Token);
        var answer = new byte[10];
        await _pair.Dialer.ReadExactlyAsync(answer, Token);
        Assert.AreEqual("090800120576616c7565", ProtocolVectors.Hex(answer));
    }

    [TestMethod]
    [DataRow("8160", DisplayName = "a frame over the cap")]
    [DataRow("020a05", DisplayName = "a length that leaves the message")]
    [DataRow("010b", DisplayName = "a group")]
    [DataRow("80808080808080808001", DisplayName = "a prefix of ten bytes")]
    public async Task Refuses_a_request_that_is_none(string hex)
    {
        var serving = Serve();
        await _pair.Dialer.WriteAsync(Convert.FromHexString(hex), Token);
        await Assert.ThrowsExactlyAsync<ProtocolViolationException>(() => serving);
    }

    [TestMethod]
    public void A_prefix_has_one_lookup()
    {
        _lookups.Add("/a"u8, (_, _) => default);
        Assert.ThrowsExactly<ArgumentException>(() => _lookups.Add("/a"u8, (_, _) => default));
    }

    private static ValueTask<ReadOnlyMemory<byte>?> Value(byte[] bytes) => new((ReadOnlyMemory<byte>?)bytes);

    private Task Serve(int maxValue = 1 << 20) => FetchExchange.RespondAsync(_pair.Listener, _lookups, maxValue, Token).AsTask();

    private Task<byte[]?> FetchAsync(string key, int maxValue = 1 << 20)
        => FetchExchange.FetchAsync(_pair.Dialer, Encoding.UTF8.GetBytes(key), maxValue, Token).AsTask();
}
