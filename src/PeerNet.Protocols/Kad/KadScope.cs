namespace PeerNet.Protocols.Kad;

/// <summary>Which part of the network a table is about: decides who gets a place, and which addresses are told and believed.</summary>
public enum KadScope
{
    /// <summary>Everybody who serves the protocol, wherever they are: for networks with a protocol of their own.</summary>
    Any,

    /// <summary>The Internet: peers at public addresses, reached without a relay. Other addresses are neither told nor believed.</summary>
    Wan,

    /// <summary>The local network: peers at addresses of this machine or this site.</summary>
    Lan,
}

/// <summary>Whether a node answers requests, or only makes them.</summary>
public enum KadMode
{
    /// <summary>
    /// Server where others can reach the node: always in <see cref="KadScope.Lan"/> and <see cref="KadScope.Any"/>, in
    /// <see cref="KadScope.Wan"/> once <see cref="KadService.ReportReachability"/> said so.
    /// </summary>
    Auto,

    /// <summary>Makes requests only: the protocol is not advertised, and nobody takes the node into a table.</summary>
    Client,

    /// <summary>Answers requests.</summary>
    Server,
}
