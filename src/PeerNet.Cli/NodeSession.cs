using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using PeerNet.Configuration;
using PeerNet.Control;

namespace PeerNet.Cli;

/// <summary>A way to a node's commands: a running node over its socket, or a short-lived one in this process.</summary>
internal sealed class NodeSession : IAsyncDisposable
{
    private readonly ControlClient _client;
    private readonly PeerNode? _node;
    private readonly TimeSpan _timeout;

    private NodeSession(ControlClient client, PeerNode? node, TimeSpan timeout)
    {
        _client = client;
        _node = node;
        _timeout = timeout;
    }

    /// <summary>Whether a running node answers, rather than one that ends with this command.</summary>
    public bool IsAttached => _node is null;

    public static async Task<NodeSession?> TryAttachAsync(string folder, TimeSpan timeout, CancellationToken token)
        => await ControlClient.TryAttachAsync(DataFolder.ControlSocketIn(folder), token) is { } client ? new NodeSession(client, null, timeout) : null;

    public static async Task<NodeSession> StartAsync(PeerNodeOptions options, ILoggerFactory loggers, TimeSpan timeout, CancellationToken token)
    {
        var node = await PeerNode.CreateBuilder().WithOptions(options).WithLogging(loggers).StartAsync(token);
        return new NodeSession(node.OpenControl(), node, timeout);
    }

    /// <summary>Runs a command of the control protocol within the time that the user gave.</summary>
    public Task<JsonElement> CallAsync(string command, JsonObject? arguments, CancellationToken token)
    {
        var all = arguments ?? [];
        all["timeout"] ??= _timeout.TotalMilliseconds;
        return _client.CallAsync(command, all, token);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        if (_node is not null)
            await _node.DisposeAsync();
    }
}
