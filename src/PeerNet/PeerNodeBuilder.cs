using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PeerNet.Configuration;
using PeerNet.Identity;

namespace PeerNet;

/// <summary>Puts a node together. Each method returns the builder; nothing happens before <see cref="StartAsync"/>. Not thread-safe.</summary>
public sealed class PeerNodeBuilder
{
    private PeerNodeOptions _options = new();
    private PrivateKey? _identity;
    private ILoggerFactory _loggers = NullLoggerFactory.Instance;
    private TimeProvider _time = TimeProvider.System;
    private ComponentOptions _components = new();
    private bool _defaultListen;

    internal PeerNodeBuilder()
    {
    }

    /// <summary>Replaces all options; later calls change them.</summary>
    public PeerNodeBuilder WithOptions(PeerNodeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        return this;
    }

    /// <summary>Changes options.</summary>
    public PeerNodeBuilder Configure(Action<PeerNodeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(_options);
        return this;
    }

    /// <summary>Uses this key. The caller keeps it and disposes it after the node.</summary>
    public PeerNodeBuilder WithIdentity(PrivateKey identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _identity = identity;
        return this;
    }

    /// <summary>Uses the key in a file, which is made when missing.</summary>
    public PeerNodeBuilder WithIdentityFile(string path) => Configure(options => options.IdentityFile = path);

    /// <summary>Keeps identity, control socket and memory in a folder.</summary>
    public PeerNodeBuilder WithDataFolder(string path) => Configure(options => options.DataFolder = path);

    /// <summary>Listens on addresses.</summary>
    public PeerNodeBuilder Listen(params string[] addresses) => Configure(options => AddAll(options.Listen, addresses));

    /// <summary>Connects to these peers at start, and again whenever the connection is lost.</summary>
    public PeerNodeBuilder Bootstrap(params string[] addresses) => Configure(options => AddAll(options.Bootstrap, addresses));

    /// <summary>Listens on <see cref="Presets.DefaultListen"/> if no address was given; a default port that is taken is replaced by a free one.</summary>
    public PeerNodeBuilder WithDefaultListenAddresses()
    {
        _defaultListen = true;
        return this;
    }

    /// <summary>Logs.</summary>
    public PeerNodeBuilder WithLogging(ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(loggers);
        _loggers = loggers;
        return this;
    }

    /// <summary>Takes time from another clock: for tests.</summary>
    public PeerNodeBuilder WithTime(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        return this;
    }

    internal PeerNodeBuilder WithComponents(ComponentOptions components)
    {
        _components = components;
        return this;
    }

    /// <summary>Checks the options, makes the node and starts it: identity, listeners, control socket, bootstrap.</summary>
    /// <exception cref="ConfigurationException">An option has no usable value; the message names it.</exception>
    /// <exception cref="DataFolderException">The data folder is in use or cannot be written to.</exception>
    /// <exception cref="KeyFileException">The identity file holds no usable key.</exception>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    public async Task<PeerNode> StartAsync(CancellationToken token = default)
    {
        var settings = PeerNodeSettings.From(_options);
        var node = NodeComposition.Create(settings, _identity, _components, _loggers, _time);
        try
        {
            await node.StartAsync(_defaultListen && settings.Listen.Count == 0, token).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void AddAll(IList<string> list, string[] values)
    {
        foreach (var value in values)
            list.Add(value);
    }
}
