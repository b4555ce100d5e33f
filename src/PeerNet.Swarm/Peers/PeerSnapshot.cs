using PeerNet.Core;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Peers;

/// <summary>All that the store knows of one peer, in a form that can be written down and read in another run.</summary>
public sealed record PeerSnapshot
{
    /// <summary>The peer.</summary>
    public required PeerId Peer { get; init; }

    /// <summary>Addresses with their ends by the wall clock.</summary>
    public IReadOnlyList<AddressSnapshot> Addresses { get; init; } = [];

    /// <summary>Protocols it serves.</summary>
    public IReadOnlyList<ProtocolId> Protocols { get; init; } = [];

    /// <summary>Its software; null when unknown.</summary>
    public string? AgentVersion { get; init; }

    /// <summary>The family of protocols it speaks; null when unknown.</summary>
    public string? ProtocolVersion { get; init; }

    /// <summary>Its last signed record, a whole envelope; empty when there is none.</summary>
    public ReadOnlyMemory<byte> SignedRecord { get; init; }

    /// <summary>Its key, where it is known and not contained in the id.</summary>
    public PublicKey? PublicKey { get; init; }

    /// <summary>Tags with their values.</summary>
    public IReadOnlyDictionary<string, int> Tags { get; init; } = new Dictionary<string, int>();

    /// <summary>When it was last connected; null when never.</summary>
    public DateTimeOffset? LastConnected { get; init; }

    /// <summary>Connections open now.</summary>
    public int Connections { get; init; }
}

/// <summary>One address of a <see cref="PeerSnapshot"/>.</summary>
/// <param name="Address">The address.</param>
/// <param name="Source">Where it was learned.</param>
/// <param name="ExpiresAt">When it ends; <see cref="DateTimeOffset.MaxValue"/> when never.</param>
/// <param name="IsCertified">Whether the signed record names it.</param>
/// <param name="LastDialSucceeded">Whether the last dial worked; null when it was never tried.</param>
public sealed record AddressSnapshot(Multiaddress Address, AddressSource Source, DateTimeOffset ExpiresAt, bool IsCertified, bool? LastDialSucceeded);
