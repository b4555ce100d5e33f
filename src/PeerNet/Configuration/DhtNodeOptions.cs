namespace PeerNet.Configuration;

/// <summary>Whether and how the node takes part in distributed hash tables.</summary>
public enum DhtNodeMode
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>Asks and is not asked.</summary>
    Client,

    /// <summary>Asks and answers.</summary>
    Server,

    /// <summary>Answers where others can reach the node: in the local table, and in the public one once reachability is known.</summary>
    Auto,
}

/// <summary>Which addresses a table of one's own is about.</summary>
public enum DhtAddresses
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>Addresses of the Internet only.</summary>
    Public,

    /// <summary>Addresses of the local network only.</summary>
    Private,
}

/// <summary>Distributed hash tables.</summary>
public sealed record DhtNodeOptions
{
    /// <summary>How the node takes part.</summary>
    public DhtNodeMode Mode { get; set; } = DhtNodeMode.Off;

    /// <summary>
    /// A protocol of one's own, such as <c>/lab/kad/1.0.0</c>: one table. Null means the public and the local IPFS network, a table each.
    /// </summary>
    public string? Protocol { get; set; }

    /// <summary>Which addresses the table of <see cref="Protocol"/> is about.</summary>
    public DhtAddresses Addresses { get; set; } = DhtAddresses.All;

    /// <summary>Whether the table of <see cref="Protocol"/> limits peers of one part of the Internet. The public table always does.</summary>
    public bool LimitGroups { get; set; }

    /// <summary>Namespaces in which any value is stored and the greatest wins, besides <c>/pk</c> and <c>/ipns</c>: for tests and closed networks.</summary>
    public IList<string> OpenNamespaces { get; set; } = [];
}
