namespace PeerNet.Multiformats;

/// <summary>From where an address can be reached.</summary>
public enum AddressScope
{
    /// <summary>No IP address and no host name at the front: memory, unix, a bare circuit.</summary>
    None,

    /// <summary>0.0.0.0 or ::, meaning every interface.</summary>
    Unspecified,

    /// <summary>This machine.</summary>
    Loopback,

    /// <summary>This link: 169.254.0.0/16, fe80::/10.</summary>
    LinkLocal,

    /// <summary>This site: RFC 1918, fc00::/7, old site-local, local NAT64, names such as *.local.</summary>
    Private,

    /// <summary>Behind the provider's NAT: 100.64.0.0/10.</summary>
    Shared,

    /// <summary>The Internet; a host name is taken for public until it is resolved.</summary>
    Public,

    /// <summary>Kept for examples: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20, *.example.</summary>
    Documentation,

    /// <summary>A group, not a host.</summary>
    Multicast,

    /// <summary>Nowhere: unassigned, benchmarking, discard or otherwise special.</summary>
    Reserved,
}
