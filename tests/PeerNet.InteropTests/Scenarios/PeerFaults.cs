using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>The faults of released peers that scenarios expect. A scenario that no longer meets one fails, so that the entry goes when the fault does.</summary>
internal static class PeerFaults
{
    public static readonly PeerFault RustReadsResetAsEnd = new(PeerKind.Rust, "libp2p-yamux 0.48 (yamux 0.14.1)", "a reset reads as the normal end of the stream; only writing fails");
    public static readonly PeerFault JsTakesWhatNobodyReads = new(PeerKind.Js, "js-libp2p 3.3.11", "has no back-pressure without a reader: it takes whatever comes");
    public static readonly PeerFault JsWritesWithoutWaiting = new(PeerKind.Js, "js-libp2p 3.3.11", "a write may be done while the other side's window is full: a connection that drains wakes the writers of all streams");
    public static readonly PeerFault JsAbortsForItsOwnPing = new(PeerKind.Js, "js-libp2p 3.3.11", "its heartbeat and its pings share a limit of one stream; when they meet, it aborts the connection");
    public static readonly PeerFault JsWithoutEcdsa = new(PeerKind.Js, "js-libp2p 3.3.11", "cannot decode ECDSA keys, and closes the connection");
}
