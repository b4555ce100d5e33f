namespace PeerNet.Testing.Interop;

/// <summary>The implementations that scenarios run with; see <c>interop/README.md</c>.</summary>
public enum PeerKind
{
    /// <summary>go-libp2p.</summary>
    Go,

    /// <summary>rust-libp2p.</summary>
    Rust,

    /// <summary>js-libp2p.</summary>
    Js,

    /// <summary>An IPFS node.</summary>
    Kubo,

    /// <summary>Hivemind and its daemon p2pd.</summary>
    Hivemind,

    /// <summary>py-libp2p.</summary>
    Python,

    /// <summary>PeerNet's own control peer.</summary>
    PeerNet,
}
