using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PeerNet.Connections.Resolution;
using PeerNet.Core.Errors;
using PeerNet.Multiformats;

namespace PeerNet.ConformanceTests.Resolution;

/// <summary>The lookup against a name server of its own.</summary>
[TestClass]
[TestCategory("Socket")]
public sealed class DnsLookupTests
{
    private const string Peer = "/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task An_answer_too_long_for_udp_comes_over_tcp()
    {
        await using var server = new NameServer(Token);
        server.Texts = [.. Enumerable.Range(0, 60).Select(i => $"dnsaddr=/ip4/192.0.2.{i}/tcp/4001{Peer}")];
        var results = await Resolver(server).ResolveAsync(Multiaddress.Parse("/dnsaddr/bootstrap.example" + Peer), Token);
        Assert.HasCount(60, results);
        Assert.AreEqual("_dnsaddr.bootstrap.example.", server.LastName);
        Assert.IsGreaterThan(0, server.TcpQuestions);
    }

    [TestMethod]
    public async Task Character_strings_of_one_record_are_joined()
    {
        await using var server = new NameServer(Token);
        server.Texts = ["dnsaddr=/dns4/" + string.Join('.', Enumerable.Repeat(new string('a', 60), 4)) + "/tcp/443/tls/ws" + Peer];
        var texts = await new DnsLookup(Options(server)).GetTextsAsync("_dnsaddr.long.example", Token);
        Assert.AreEqual(server.Texts[0], texts.Single());
        Assert.IsGreaterThan(255, texts[0].Length);
    }

    [TestMethod]
    public async Task Hosts_are_asked_of_the_servers_that_were_given()
    {
        await using var server = new NameServer(Token);
        var addresses = await new DnsLookup(Options(server)).GetAddressesAsync("host.example", true, true, Token);
        CollectionAssert.AreEquivalent(new[] { IPAddress.Parse("192.0.2.7"), IPAddress.Parse("2001:db8::7") }, addresses.ToArray());
        addresses = await new DnsLookup(Options(server)).GetAddressesAsync("host.example", true, false, Token);
        Assert.AreEqual(IPAddress.Parse("192.0.2.7"), addresses.Single());
    }

    [TestMethod]
    public async Task A_name_that_does_not_exist_is_no_error()
    {
        await using var server = new NameServer(Token) { ResponseCode = 3 };
        Assert.HasCount(0, await new DnsLookup(Options(server)).GetTextsAsync("_dnsaddr.nowhere.example", Token));
    }

    [TestMethod]
    public async Task A_server_that_cannot_say_is_an_error()
    {
        await using var server = new NameServer(Token) { ResponseCode = 2 };
        var error = await Assert.ThrowsExactlyAsync<NameResolutionException>(async () => await new DnsLookup(Options(server)).GetTextsAsync("_dnsaddr.broken.example", Token));
        Assert.AreEqual(NameResolutionFailure.Unavailable, error.Reason);
    }

    [TestMethod]
    public async Task A_server_that_never_answers_is_given_up()
    {
        await using var server = new NameServer(Token) { IsSilent = true };
        var error = await Assert.ThrowsExactlyAsync<NameResolutionException>(async () => await new DnsLookup(Options(server)).GetTextsAsync("_dnsaddr.silent.example", Token));
        Assert.AreEqual(NameResolutionFailure.TimedOut, error.Reason);
    }

    [TestMethod]
    public async Task A_label_longer_than_dns_allows_is_nobodys_name()
    {
        await using var server = new NameServer(Token);
        Assert.HasCount(0, await new DnsLookup(Options(server)).GetTextsAsync("_dnsaddr." + new string('a', 64) + ".example", Token));
    }

    [TestMethod]
    public async Task Local_names_are_asked_of_the_system()
    {
        var addresses = await new DnsLookup().GetAddressesAsync("localhost", true, false, Token);
        Assert.Contains(IPAddress.Loopback, addresses);
    }

    [TestMethod]
    public void A_server_that_is_no_address_is_named() => Assert.ThrowsExactly<FormatException>(() => new DnsLookup(new DnsOptions { Servers = ["dns.example:53"] }));

    // A busy machine is slow to answer itself; only a server that never does is to be given up soon.
    private static DnsOptions Options(NameServer server)
        => new() { Servers = [server.EndPoint.ToString()], QueryTimeout = server.IsSilent ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromMinutes(1) };

    private static AddressResolver Resolver(NameServer server) => new(new DnsLookup(Options(server)));

    /// <summary>A name server that has one answer for each type, over UDP only as much as 512 bytes hold.</summary>
    private sealed class NameServer : IAsyncDisposable
    {
        private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly Socket _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly CancellationTokenSource _ending;
        private readonly Task _running;

        public NameServer(CancellationToken token)
        {
            _ending = CancellationTokenSource.CreateLinkedTokenSource(token);

            // One port number for both: the one that UDP got may be taken for TCP.
            while (true)
            {
                _tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                try
                {
                    _udp.Bind(_tcp.LocalEndPoint!);
                    break;
                }
                catch (SocketException)
                {
                    _tcp.Dispose();
                    _tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                }
            }

            _tcp.Listen();
            _running = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
        }

        public IPEndPoint EndPoint => (IPEndPoint)_udp.LocalEndPoint!;

        public string[] Texts { get; set; } = [];

        public byte ResponseCode { get; init; }

        public bool IsSilent { get; init; }

        public int TcpQuestions { get; private set; }

        public string? LastName { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await _ending.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _udp.Dispose();
            _tcp.Dispose();
            _ending.Dispose();
        }

        private async Task ServeUdpAsync()
        {
            var buffer = new byte[4096];
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _ending.Token);
                if (IsSilent)
                    continue;
                var answer = Answer(buffer.AsSpan(0, received.ReceivedBytes));
                if (answer.Length > 512)
                {
                    // Cut off: the header says so, and no answer is in it.
                    answer = answer[..QuestionEnd(answer)];
                    answer[2] |= 0x02;
                    answer.AsSpan(6, 2).Clear();
                }

                await _udp.SendToAsync(answer, received.RemoteEndPoint, _ending.Token);
            }
        }

        private async Task ServeTcpAsync()
        {
            while (true)
            {
                using var client = await _tcp.AcceptAsync(_ending.Token);
                await using var stream = new NetworkStream(client);
                var length = new byte[2];
                await stream.ReadExactlyAsync(length, _ending.Token);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(question, _ending.Token);
                TcpQuestions++;
                var answer = Answer(question);
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                await stream.WriteAsync((byte[])[.. length, .. answer], _ending.Token);
            }
        }

        private static int QuestionEnd(ReadOnlySpan<byte> message)
        {
            var at = 12;
            while (message[at] != 0)
                at += message[at] + 1;
            return at + 5;
        }

        private byte[] Answer(ReadOnlySpan<byte> question)
        {
            var end = QuestionEnd(question);
            var name = new StringBuilder();
            for (var at = 12; question[at] != 0; at += question[at] + 1)
                name.Append(Encoding.ASCII.GetString(question.Slice(at + 1, question[at]))).Append('.');
            LastName = name.ToString();
            var type = BinaryPrimitives.ReadUInt16BigEndian(question[(end - 4)..]);
            IReadOnlyList<byte[]> records = type switch
            {
                _ when ResponseCode != 0 => [],
                1 => [IPAddress.Parse("192.0.2.7").GetAddressBytes()],
                28 => [IPAddress.Parse("2001:db8::7").GetAddressBytes()],
                16 => [.. Texts.Select(CharacterStrings)],
                _ => [],
            };
            var message = new List<byte>();
            message.AddRange(question[..2]);
            message.AddRange([0x81, (byte)(0x80 | ResponseCode), 0, 1, (byte)(records.Count >> 8), (byte)records.Count, 0, 0, 0, 0]);
            message.AddRange(question[12..end]);
            foreach (var record in records)
                message.AddRange([0xc0, 12, 0, (byte)type, 0, 1, 0, 0, 0, 60, (byte)(record.Length >> 8), (byte)record.Length, .. record]);
            return [.. message];
        }

        private static byte[] CharacterStrings(string text)
            => [.. Encoding.ASCII.GetBytes(text).Chunk(255).SelectMany(piece => (byte[])[(byte)piece.Length, .. piece])];
    }
}
