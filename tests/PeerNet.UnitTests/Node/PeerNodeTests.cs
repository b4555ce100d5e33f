using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Configuration;
using PeerNet.Control;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.UnitTests.Node;

/// <summary>Whole nodes over the memory transport: everything but a socket.</summary>
[TestClass]
public sealed class PeerNodeTests
{
    public required TestContext TestContext { get; set; }

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task Two_nodes_meet_identify_and_talk()
    {
        await using var server = await StartAsync(listen: true);
        await using var client = await StartAsync(listen: false);
        server.Handle("/greet/1.0.0", async (stream, token) => await stream.WriteAsync("hello"u8.ToArray(), token));

        var connection = await client.ConnectAsync(server.Addresses[0], Token);
        Assert.AreEqual(server.PeerId, connection.Peer);
        await client.PingAsync(server.PeerId, Token);
        Assert.IsTrue(await client.Identify.WaitIdentifiedAsync(server.PeerId, Token));
        Assert.AreEqual(server.Agent, client.Swarm.PeerStore.Get(server.PeerId)!.AgentVersion);

        await using var stream = await client.OpenStreamAsync(server.PeerId, "/greet/1.0.0", Token);
        var buffer = new byte[16];
        Assert.AreEqual(5, await stream.ReadAtLeastAsync(buffer, 5, cancellationToken: Token));
        Assert.AreEqual("hello", System.Text.Encoding.UTF8.GetString(buffer, 0, 5));
        Assert.AreEqual(0, await stream.ReadAsync(buffer, Token));
    }

    [TestMethod]
    public async Task The_control_protocol_drives_a_node()
    {
        await using var server = await StartAsync(listen: true);
        await using var client = await StartAsync(listen: false);
        server.Handle(TestProtocols.Echo, TestProtocols.EchoAsync);
        await using var control = client.OpenControl();

        var self = await control.CallAsync("self", null, Token);
        Assert.AreEqual(client.PeerId.ToString(), self.GetProperty("peerId").GetString());
        var connection = await control.CallAsync("dial", new JsonObject { ["addr"] = server.Addresses[0] }, Token);
        Assert.AreEqual("/noise", connection.GetProperty("encryption").GetString());
        var peer = new JsonObject { ["peer"] = server.PeerId.ToString() };
        Assert.AreEqual(2, (await control.CallAsync("ping", new JsonObject { ["peer"] = server.PeerId.ToString(), ["count"] = 2 }, Token)).GetProperty("rtts").GetArrayLength());
        Assert.AreEqual(server.Agent, (await control.CallAsync("identifyInfo", peer, Token)).GetProperty("agentVersion").GetString());
        var echo = await control.CallAsync("echo", new JsonObject { ["peer"] = server.PeerId.ToString(), ["size"] = 300_000 }, Token);
        Assert.AreEqual(300_000, echo.GetProperty("bytes").GetInt32());

        var opened = await control.CallAsync("open", new JsonObject { ["peer"] = server.PeerId.ToString(), ["protocol"] = "/echo/1.0.0" }, Token);
        var stream = opened.GetProperty("stream").GetString();
        await control.CallAsync("write", new JsonObject { ["stream"] = stream, ["text"] = "ping" }, Token);
        var read = await control.CallAsync("read", new JsonObject { ["stream"] = stream, ["bytes"] = 4 }, Token);
        Assert.AreEqual("70696e67", read.GetProperty("hex").GetString());
        await control.CallAsync("closeWrite", new JsonObject { ["stream"] = stream }, Token);
        read = await control.CallAsync("read", new JsonObject { ["stream"] = stream, ["bytes"] = 1 }, Token);
        Assert.IsTrue(read.GetProperty("ended").GetBoolean());

        await control.CallAsync("disconnect", peer, Token);
        await control.CallAsync("waitDisconnected", peer, Token);
        Assert.AreEqual(0, (await control.CallAsync("connections", null, Token)).GetProperty("connections").GetArrayLength());
    }

    [TestMethod]
    [DataRow("nonsense", "{}", ControlErrors.UnsupportedCommand)]
    [DataRow("dial", "{}", ControlErrors.InvalidParameters)]
    [DataRow("dial", """{"addr":"/ip4/1.2.3.4/tcp/99999"}""", ControlErrors.InvalidParameters)]
    [DataRow("ping", """{"peer":"QmNope"}""", ControlErrors.InvalidParameters)]
    [DataRow("read", """{"stream":"s9"}""", ControlErrors.NotFound)]
    [DataRow("closeConnection", """{"connId":"c9"}""", ControlErrors.NotFound)]
    [DataRow("echo", """{"peer":"12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC","hex":"xyz"}""", ControlErrors.InvalidParameters)]
    [DataRow("handle", """{"protocol":"/x/1","mode":"dance"}""", ControlErrors.InvalidParameters)]
    public async Task A_bad_command_has_a_name_and_leaves_the_session_alive(string command, string arguments, string name)
    {
        await using var node = await StartAsync(listen: false);
        await using var control = node.OpenControl();
        var error = await Assert.ThrowsExactlyAsync<ControlException>(() => control.CallAsync(command, JsonNode.Parse(arguments)!.AsObject(), Token));
        Assert.AreEqual(name, error.Name, error.Message);
        await control.CallAsync("self", null, Token);
    }

    [TestMethod]
    public async Task An_unknown_peer_fails_as_a_dial_and_a_wrong_peer_as_unexpected()
    {
        await using var server = await StartAsync(listen: true);
        await using var client = await StartAsync(listen: false);
        var stranger = await StartAsync(listen: false);
        var wrong = server.Addresses[0].Replace(server.PeerId.ToString(), stranger.PeerId.ToString(), StringComparison.Ordinal);
        await stranger.DisposeAsync();
        var error = await Assert.ThrowsExactlyAsync<DialException>(async () => await client.ConnectAsync(wrong, Token));
        Assert.AreEqual(DialFailure.UnexpectedPeer, error.Reason);
        error = await Assert.ThrowsExactlyAsync<DialException>(async () => await client.ConnectAsync(stranger.PeerId, Token));
        Assert.AreEqual(0, client.Swarm.ConnectionCount);
    }

    [TestMethod]
    public async Task A_bootstrap_peer_that_comes_back_is_met_again()
    {
        await using var first = await StartAsync(listen: true);
        await using var client = await PeerNode.CreateBuilder().WithOptions(Options(null)).Bootstrap(first.Addresses[0]).StartAsync(Token);
        await using var control = client.OpenControl();
        var peer = new JsonObject { ["peer"] = first.PeerId.ToString() };
        await control.CallAsync("waitConnected", peer, Token);
        await first.Swarm.DisconnectAsync(client.PeerId, Token);
        await control.CallAsync("waitConnected", peer, Token);
    }

    [TestMethod]
    public async Task Stop_over_the_control_protocol_is_heard_by_the_node()
    {
        await using var node = await StartAsync(listen: false);
        await using var control = node.OpenControl();
        await control.CallAsync("stop", null, Token);
        await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => Task.Delay(Timeout.Infinite, node.Stopping));
    }

    [TestMethod]
    public async Task Events_reach_a_driver_that_asked_for_them()
    {
        await using var server = await StartAsync(listen: true);
        await using var client = await StartAsync(listen: false);
        await using var control = server.OpenControl();
        await control.CallAsync("events", null, Token);
        await client.ConnectAsync(server.Addresses[0], Token);
        while ((await NextAsync(control)).GetProperty("event").GetString() != "connected")
        {
        }
    }

    private async Task<JsonElement> NextAsync(ControlClient control) => await control.Events.ReadAsync(Token);

    private static int _lastMemoryAddress = 7_000_000;

    private static PeerNodeOptions Options(string? listen)
    {
        var options = new PeerNodeOptions { Transports = ["memory"], Limits = new LimitNodeOptions { Unlimited = true } };
        if (listen is not null)
            options.Listen.Add(listen);
        return options;
    }

    private Task<PeerNode> StartAsync(bool listen)
        => PeerNode.CreateBuilder().WithOptions(Options(listen ? $"/memory/{Interlocked.Increment(ref _lastMemoryAddress)}" : null)).StartAsync(Token);
}
