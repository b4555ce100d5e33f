using Microsoft.Extensions.Configuration;

namespace PeerNet.Configuration;

/// <summary>Binds <see cref="PeerNodeOptions"/> from configuration.</summary>
public static class PeerNodeConfiguration
{
    /// <summary>Refuses keys that mean nothing. Not for the environment, which holds what other programs put there.</summary>
    /// <exception cref="ConfigurationException">A key is unknown.</exception>
    public static void CheckKeys(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        foreach (var child in section.GetChildren())
        {
            if (!Known.Contains(child.Key))
                throw new ConfigurationException(child.Key, $"there is no such key; the keys are {string.Join(", ", Known.Order(StringComparer.Ordinal))}.");
        }
    }

    /// <summary>Binds a section.</summary>
    /// <exception cref="ConfigurationException">A value has the wrong form.</exception>
    public static PeerNodeOptions Bind(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var options = new PeerNodeOptions();
        // Lists given in the configuration replace the defaults instead of being appended to them.
        if (section.GetSection(nameof(PeerNodeOptions.Transports)).Exists())
            options.Transports.Clear();
        if (section.GetSection(nameof(PeerNodeOptions.Security)).Exists())
            options.Security.Clear();
        if (section.GetSection(nameof(PeerNodeOptions.Listen)).Exists())
            options.Listen.Clear();
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException error)
        {
            throw new ConfigurationException(KeyIn(error.Message), error.InnerException?.Message ?? error.Message, error);
        }

        return options;
    }

    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        nameof(PeerNodeOptions.DataFolder),
        nameof(PeerNodeOptions.IdentityFile),
        nameof(PeerNodeOptions.KeyType),
        nameof(PeerNodeOptions.Listen),
        nameof(PeerNodeOptions.Announce),
        nameof(PeerNodeOptions.AppendAnnounce),
        nameof(PeerNodeOptions.NoAnnounce),
        nameof(PeerNodeOptions.Bootstrap),
        nameof(PeerNodeOptions.Transports),
        nameof(PeerNodeOptions.Security),
        nameof(PeerNodeOptions.Agent),
        nameof(PeerNodeOptions.PrivateNetworkKeyFile),
        nameof(PeerNodeOptions.WebSocket),
        nameof(PeerNodeOptions.Resolver),
        nameof(PeerNodeOptions.Limits),
        nameof(PeerNodeOptions.ConnectionManager),
        nameof(PeerNodeOptions.Dht),
        nameof(PeerNodeOptions.Hivemind),
        nameof(PeerNodeOptions.ServePerf),
        nameof(PeerNodeOptions.DrainTimeout),
    };

    // The binder's message names the path in quotes: "Failed to convert configuration value … at 'Limits:Streams' to type …".
    private static string KeyIn(string message)
    {
        var start = message.IndexOf(" at '", StringComparison.Ordinal);
        var end = start < 0 ? -1 : message.IndexOf('\'', start + 5);
        return end < 0 ? "configuration" : message[(start + 5)..end];
    }
}
