using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using PeerNet;
using PeerNet.Control;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Rpc;
using PeerNet.Interop.Peer;

// One PeerNet node, driven by JSON lines: commands on stdin, events and replies on stdout, logs on stderr.
// The protocol is the one of every peer in this folder's neighbours; see ../README.md.
using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = false };
using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
var clock = TimeProvider.System;
var started = clock.GetTimestamp();

using var log = new StderrLog();
PeerFlags flags;
try
{
    flags = PeerFlags.Parse(args);
    log.SetLevel(flags.Log);
}
catch (FormatException error)
{
    return Fatal(error, 2);
}

if (flags.Help)
{
    Console.Error.WriteLine(PeerFlags.HelpText);
    return 0;
}

using var stopping = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    stopping.Cancel();
});

PeerNode node;
HivemindFlags? hivemind;
ControlSession? driver = null;
JsonObject? member = null;
try
{
    hivemind = flags.Hivemind();
    node = await flags.StartAsync(log, stopping.Token);
    if (hivemind is not null)
        member = await hivemind.JoinAsync(node, call => _ = driver?.EmitAsync("unary", Trace(call)), stopping.Token);
}
catch (DhtException error)
{
    return Fatal(new InvalidOperationException($"bootstrap failed: {error.Message}"), 1);
}
catch (Exception error)
{
    // Whatever kept the node from starting is for the driver to read.
    return Fatal(error, 1);
}

await using (node)
{
    var host = new ControlHost(node, stopping.Cancel);
    var session = host.CreateSession(input, output, commands => commands.Add("log", request =>
    {
        log.SetLevel(request.Text("ns"));
        return null;
    }));
    driver = session;
    if (hivemind is null)
        node.Handle(TestProtocols.Echo, TestProtocols.EchoAsync, PeerFlags.TestHandlerOptions);
    session.ForwardEvents(node);
    var ready = PeerNet.Control.Commands.SelfCommands.Self(node);
    foreach (var (field, value) in member ?? [])
        ready[field] = value?.DeepClone();
    if (hivemind is not null)
        ready["handlers"] = new JsonArray([.. hivemind.Serve(node, host.State).Select(handler => handler!["name"]!.DeepClone())]);
    ready["name"] = flags.Name;
    ready["versions"] = new JsonObject { ["peernet"] = node.Agent, [".net"] = Environment.Version.ToString() };
    ready["ms"] = Math.Round(clock.GetElapsedTime(started).TotalMilliseconds, 1);
    await session.EmitAsync("ready", ready);
    await session.RunAsync(stopping.Token);
    await session.EmitAsync("stopped", []);
    await node.ShutdownAsync(TimeSpan.Zero);
}

// Reading standard input cannot be cancelled; the process ends all the same.
Environment.Exit(0);
return 0;

static JsonObject Trace(UnaryTrace call) => new()
{
    ["direction"] = call.IsServed ? "in" : "out",
    ["peerId"] = call.Peer.ToString(),
    ["handler"] = call.Method.Value,
    ["request"] = Convert.ToHexStringLower(call.Request.Span),
    ["response"] = call.Response is { } response ? Convert.ToHexStringLower(response.Span) : null,
    ["error"] = call.Error,
};

int Fatal(Exception error, int status)
{
    output.WriteLine(new JsonObject { ["event"] = "fatal", ["t"] = clock.GetUtcNow().ToUnixTimeMilliseconds(), ["error"] = error.Message }.ToJsonString());
    return status;
}
