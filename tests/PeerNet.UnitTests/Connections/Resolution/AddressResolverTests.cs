using System.Net;
using System.Text.Json;
using PeerNet.Connections.Resolution;
using PeerNet.Core.Errors;
using PeerNet.Multiformats;
using PeerNet.Testing;
using PeerNet.UnitTests.Connections.Doubles;

namespace PeerNet.UnitTests.Connections.Resolution;

[TestClass]
public sealed class AddressResolverTests
{
    private const string Peer = "/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
    private const string OtherPeer = "/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC";

    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("dnsaddr", "dnsaddr.json"))).RootElement;

    private readonly TestDns _dns = new();
    private readonly AddressResolver _resolver;

    public AddressResolverTests()
    {
        foreach (var entry in Vectors.GetProperty("zoneTxt").EnumerateObject())
            _dns.Texts[entry.Name] = [.. entry.Value.EnumerateArray().Select(text => text.GetString()!)];
        foreach (var entry in Vectors.GetProperty("zoneAddresses").EnumerateObject())
            _dns.Addresses[entry.Name] = [.. entry.Value.EnumerateArray().Select(text => IPAddress.Parse(text.GetString()!))];
        _resolver = new AddressResolver(_dns);
    }

    public static IEnumerable<object[]> Cases => Vectors.GetProperty("cases").EnumerateArray().Select(row => new object[] { row.GetProperty("query").GetString()! });

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public async Task One_step_is_that_of_go_multiaddr_dns(string query)
    {
        var expected = Vectors.GetProperty("cases").EnumerateArray().Single(row => row.GetProperty("query").GetString() == query).GetProperty("oneStep").EnumerateArray().Select(text => text.GetString()!);
        var actual = await _resolver.ResolveStepAsync(Multiaddress.Parse(query), TestContext.CancellationToken);
        Assert.AreEqual(string.Join('\n', expected), string.Join('\n', actual));
    }

    [TestMethod]
    public void Joined_texts_parse_as_the_vectors_say()
    {
        foreach (var row in Vectors.GetProperty("txtRdata").EnumerateArray())
        {
            var joined = row.GetProperty("joined").GetString()!;
            var isOurs = joined.StartsWith("dnsaddr=", StringComparison.Ordinal);
            Assert.AreEqual(isOurs, row.TryGetProperty("multiaddr", out var expected));
            if (isOurs)
                Assert.AreEqual(expected.GetString(), Multiaddress.Parse(joined["dnsaddr=".Length..]).ToString());
        }
    }

    [TestMethod]
    public async Task Names_are_resolved_until_none_is_left()
        => await AssertResolvesAsync(
            "/dnsaddr/nested.example",
            "/ip4/192.0.2.10/tcp/443/tls/sni/host.example/ws" + Peer,
            "/ip4/192.0.2.2/tcp/4001" + OtherPeer);

    [TestMethod]
    [DataRow("/dns4/host.example/tcp/443/tls/ws", "/ip4/192.0.2.10/tcp/443/tls/sni/host.example/ws")]
    [DataRow("/dns4/host.example/tcp/443/wss", "/ip4/192.0.2.10/tcp/443/tls/sni/host.example/ws")]
    [DataRow("/dns4/host.example/tcp/443/wss" + Peer, "/ip4/192.0.2.10/tcp/443/tls/sni/host.example/ws" + Peer)]
    [DataRow("/dns4/host.example/tcp/443/tls/sni/other.example/ws", "/ip4/192.0.2.10/tcp/443/tls/sni/other.example/ws")]
    [DataRow("/dns4/host.example/tcp/80/ws", "/ip4/192.0.2.10/tcp/80/ws")]
    [DataRow("/dns4/host.example/tcp/443/wss/http-path/a" + OtherPeer + "/p2p-circuit" + Peer, "/ip4/192.0.2.10/tcp/443/tls/sni/host.example/ws/http-path/a" + OtherPeer + "/p2p-circuit" + Peer)]
    public async Task A_secure_websocket_keeps_its_name(string query, string expected) => await AssertResolvesAsync(query, expected);

    [TestMethod]
    public async Task Only_the_relay_of_a_circuit_is_resolved()
    {
        await AssertResolvesAsync(
            "/dns4/host.example/tcp/1" + OtherPeer + "/p2p-circuit/dns4/v4.example/tcp/2" + Peer,
            "/ip4/192.0.2.10/tcp/1" + OtherPeer + "/p2p-circuit/dns4/v4.example/tcp/2" + Peer);
        Assert.AreEqual(1, _dns.Questions);
        Assert.IsFalse(_resolver.NeedsResolution(Multiaddress.Parse("/ip4/192.0.2.10/tcp/1" + OtherPeer + "/p2p-circuit/dns4/v4.example/tcp/2")));
    }

    [TestMethod]
    public async Task An_address_without_names_asks_nobody()
    {
        await AssertResolvesAsync("/ip4/192.0.2.1/tcp/1", "/ip4/192.0.2.1/tcp/1");
        Assert.AreEqual(0, _dns.Questions);
    }

    [TestMethod]
    public async Task Records_that_point_to_themselves_end()
    {
        await AssertResolvesAsync("/dnsaddr/self.example");
        Assert.IsLessThanOrEqualTo(AddressResolver.MaxDnsAddrDepth, _dns.Questions);
    }

    [TestMethod]
    public async Task Records_that_point_in_a_circle_end()
    {
        for (var i = 0; i < 10; i++)
            _dns.Texts[$"_dnsaddr.c{i}.example"] = [$"dnsaddr=/dnsaddr/c{(i + 1) % 10}.example", $"dnsaddr=/ip4/192.0.2.{i}/tcp/1"];
        var results = await _resolver.ResolveAsync(Multiaddress.Parse("/dnsaddr/c0.example"), TestContext.CancellationToken);
        Assert.HasCount(AddressResolver.MaxDnsAddrDepth, results);
    }

    [TestMethod]
    public async Task Ten_thousand_records_cost_bounded_questions_and_results()
    {
        _dns.Texts["_dnsaddr.huge.example"] = [.. Enumerable.Range(0, 10_000).Select(i => $"dnsaddr=/dns4/h{i}.example/tcp/1")];
        for (var i = 0; i < 10_000; i++)
            _dns.Addresses[$"h{i}.example"] = [.. Enumerable.Range(0, 200).Select(j => new IPAddress([10, (byte)(i >> 8), (byte)i, (byte)j]))];
        var results = await _resolver.ResolveAsync(Multiaddress.Parse("/dnsaddr/huge.example"), TestContext.CancellationToken);
        Assert.IsLessThanOrEqualTo(AddressResolver.MaxResults, results.Count);
        Assert.IsLessThanOrEqualTo(AddressResolver.MaxLookups, _dns.Questions);
        CollectionAssert.AllItemsAreUnique(results.ToArray());
    }

    [TestMethod]
    public async Task One_name_that_nobody_answers_for_spoils_only_itself()
    {
        _dns.Unavailable.Add("dead.example");
        _dns.Texts["_dnsaddr.half.example"] = ["dnsaddr=/dns4/dead.example/tcp/1", "dnsaddr=/dns4/v4.example/tcp/1"];
        await AssertResolvesAsync("/dnsaddr/half.example", "/ip4/192.0.2.11/tcp/1");
        var error = await Assert.ThrowsExactlyAsync<NameResolutionException>(async () => await _resolver.ResolveAsync(Multiaddress.Parse("/dns/dead.example/tcp/1"), TestContext.CancellationToken));
        Assert.AreEqual("dead.example", error.Name);
        Assert.AreEqual(DialFailure.NameResolution, DialFailureClassifier.Classify(error));
    }

    [TestMethod]
    public async Task An_answer_of_64_KiB_is_read_or_ignored()
    {
        _dns.Texts["_dnsaddr.long.example"] = ["dnsaddr=/dns4/" + new string('a', 65_000) + "/tcp/1", "dnsaddr=/ip4/192.0.2.1/tcp/1"];
        await AssertResolvesAsync("/dnsaddr/long.example", "/ip4/192.0.2.1/tcp/1");
    }

    private async Task AssertResolvesAsync(string query, params string[] expected)
        => Assert.AreEqual(
            string.Join('\n', expected.Order()),
            string.Join('\n', (await _resolver.ResolveAsync(Multiaddress.Parse(query), TestContext.CancellationToken)).Select(address => address.ToString()).Order()));
}
