using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>The faults of released peers that scenarios expect. A scenario that no longer meets one fails, so that the entry goes when the fault does.</summary>
internal static class PeerFaults
{
    public static readonly PeerFault RustReadsResetAsEnd = new(PeerKind.Rust, "libp2p-yamux 0.48 (yamux 0.14.1)", "a reset reads as the normal end of the stream; only writing fails");
    public static readonly PeerFault JsTakesWhatNobodyReads = new(PeerKind.Js, "js-libp2p 3.3.11", "has no back-pressure without a reader, and resets the stream after some 35 MiB");
    public static readonly PeerFault JsWritesWithoutWaiting = new(PeerKind.Js, "js-libp2p 3.3.11", "over tls a write is done at once while the other side's window is full");
    public static readonly PeerFault JsWithoutEcdsa = new(PeerKind.Js, "js-libp2p 3.3.11", "cannot decode ECDSA keys, and closes the connection");
}
