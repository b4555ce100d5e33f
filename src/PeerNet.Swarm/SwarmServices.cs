using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Swarm.Gating;
using PeerNet.Swarm.Listening;
using PeerNet.Swarm.Peers;

namespace PeerNet.Swarm;

/// <summary>What a swarm is made of. Whoever makes it owns the parts, except for the transports: the swarm disposes those.</summary>
public sealed record SwarmServices
{
    /// <summary>The node's key.</summary>
    public required PrivateKey Identity { get; init; }

    /// <summary>Transports to dial and listen with; the first that fits an address takes it. More may be added later.</summary>
    public required IReadOnlyList<ITransport> Transports { get; init; }

    /// <summary>multistream-select.</summary>
    public required IStreamNegotiator Negotiator { get; init; }

    /// <summary>Looks up names in addresses; without one, addresses with names cannot be dialled.</summary>
    public IAddressResolver? Resolver { get; init; }

    /// <summary>Limits what the node holds; null makes a <see cref="Resources.ResourceManager"/> from the options.</summary>
    public IResourceManager? Resources { get; init; }

    /// <summary>Refuses peers and addresses; null refuses none at first.</summary>
    public ConnectionGater? Gater { get; init; }

    /// <summary>Remembers peers; null starts with an empty one.</summary>
    public PeerStore? PeerStore { get; init; }

    /// <summary>The machine's own addresses.</summary>
    public INetworkInterfaces Interfaces { get; init; } = SystemNetworkInterfaces.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where logs go.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
