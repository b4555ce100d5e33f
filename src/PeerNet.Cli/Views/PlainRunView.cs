using System.Text.Json;
using PeerNet.Control;

namespace PeerNet.Cli.Views;

/// <summary>A running node as lines, for pipes and logs: one for each thing that happens, and a summary every half minute; or the events as JSON.</summary>
internal sealed class PlainRunView : IRunView
{
    private static readonly TimeSpan SummaryInterval = TimeSpan.FromSeconds(30);

    private readonly PeerNode _node;
    private readonly ControlClient _control;
    private readonly int _neighbours;
    private readonly TextWriter _output;
    private readonly bool _json;

    public PlainRunView(PeerNode node, ControlClient control, int neighbours, TextWriter output, bool json)
    {
        _node = node;
        _control = control;
        _neighbours = neighbours;
        _output = output;
        _json = json;
    }

    public async Task ShowAsync(CancellationToken token)
    {
        await _control.CallAsync("events", null, token);
        if (!_json)
            await HeadAsync();
        await Task.WhenAll(EventsAsync(token), SummariesAsync(token));
    }

    private async Task HeadAsync()
    {
        await _output.WriteLineAsync($"PeerNet node {_node.PeerId}");
        foreach (var address in _node.Addresses)
            await _output.WriteLineAsync($"  listening on {address}");
        if (_node.Addresses.Count == 0)
            await _output.WriteLineAsync("  not listening: this node only dials");
        if (_node.DataFolder is { } folder)
            await _output.WriteLineAsync($"  data folder {folder.Path}");
        if (_neighbours > 0)
            await _output.WriteLineAsync($"  {_neighbours} neighbour nodes run in this process, so that there is a network to see");
        if (_node.BootstrapCount > 0)
            await _output.WriteLineAsync($"  connecting to {_node.BootstrapCount} bootstrap addresses");
    }

    private async Task EventsAsync(CancellationToken token)
    {
        await foreach (var line in _control.Events.ReadAllAsync(token))
        {
            if (_json)
                await _output.WriteLineAsync(line.GetRawText());
            else if (Describe(line) is { } text)
                await _output.WriteLineAsync($"{TimeProvider.System.GetLocalNow():HH:mm:ss} {text}");
        }
    }

    private async Task SummariesAsync(CancellationToken token)
    {
        using var timer = new PeriodicTimer(SummaryInterval, TimeProvider.System);
        while (!_json && await timer.WaitForNextTickAsync(token))
        {
            var rows = RunRow.From(await _control.CallAsync("connections", null, token));
            await _output.WriteLineAsync($"{TimeProvider.System.GetLocalNow():HH:mm:ss} {rows.Count} connections, received {Units.Bytes(rows.Sum(r => r.Received))}, sent {Units.Bytes(rows.Sum(r => r.Sent))}");
        }
    }

    private static string? Describe(JsonElement line)
    {
        string Field(string name) => line.TryGetProperty(name, out var value) ? Report.Clean(value.ToString()) : "-";
        return line.GetProperty("event").GetString() switch
        {
            "connected" => $"+ {Field("peerId")}",
            "disconnected" => $"- {Field("peerId")}",
            "connection:open" => $"  connection {Field("direction")} {Field("remoteAddr")} ({Field("encryption")}, {Field("multiplexer")})",
            "identify" => $"  {Field("peerId")} is {Field("agentVersion")}",
            "dial-failed" => $"! dial failed: {Field("error")}",
            "inbound-failed" => $"! inbound failed: {Field("error")}",
            "self" => $"  addresses: {Field("addrs")}",
            _ => null,
        };
    }
}
