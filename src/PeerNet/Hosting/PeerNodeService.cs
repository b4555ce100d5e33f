using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerNet.Configuration;

namespace PeerNet.Hosting;

/// <summary>Starts and ends a node with its host.</summary>
internal sealed class PeerNodeService : IHostedService, IAsyncDisposable
{
    private readonly PeerNodeOptions _options;
    private readonly ILoggerFactory _loggers;
    private PeerNode? _node;

    public PeerNodeService(PeerNodeOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _loggers = loggers;
    }

    /// <summary>The running node.</summary>
    /// <exception cref="InvalidOperationException">The host has not started yet.</exception>
    public PeerNode Node => _node ?? throw new InvalidOperationException("The node starts with the host: it cannot be used before.");

    public async Task StartAsync(CancellationToken cancellationToken)
        => _node = await PeerNode.CreateBuilder().WithOptions(_options).WithLogging(_loggers).StartAsync(cancellationToken).ConfigureAwait(false);

    public Task StopAsync(CancellationToken cancellationToken)
        => _node is null ? Task.CompletedTask : _node.ShutdownAsync(_options.DrainTimeout).WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
            await _node.DisposeAsync().ConfigureAwait(false);
    }
}
