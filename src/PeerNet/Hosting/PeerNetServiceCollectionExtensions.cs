using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerNet.Configuration;

namespace PeerNet.Hosting;

/// <summary>Puts a node into a host's services.</summary>
public static class PeerNetServiceCollectionExtensions
{
    /// <summary>
    /// Adds a node that starts and ends with the host, with options from a configuration section. Inject <see cref="PeerNode"/>; it is usable once
    /// the host has started.
    /// </summary>
    /// <exception cref="ConfigurationException">The section has an unknown key or a value of the wrong form.</exception>
    public static IServiceCollection AddPeerNet(this IServiceCollection services, IConfiguration section)
    {
        PeerNodeConfiguration.CheckKeys(section);
        return services.AddPeerNet(PeerNodeConfiguration.Bind(section));
    }

    /// <summary>Adds a node that starts and ends with the host, with options set by code.</summary>
    public static IServiceCollection AddPeerNet(this IServiceCollection services, Action<PeerNodeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new PeerNodeOptions();
        configure(options);
        return services.AddPeerNet(options);
    }

    private static IServiceCollection AddPeerNet(this IServiceCollection services, PeerNodeOptions options)
        => services
            .AddSingleton(provider => new PeerNodeService(options, provider.GetRequiredService<ILoggerFactory>()))
            .AddSingleton<IHostedService>(provider => provider.GetRequiredService<PeerNodeService>())
            .AddSingleton(provider => provider.GetRequiredService<PeerNodeService>().Node);
}
