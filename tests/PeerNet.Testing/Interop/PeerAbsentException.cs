namespace PeerNet.Testing.Interop;

/// <summary>A kind of peer cannot be started on this machine; the message says what is missing.</summary>
public sealed class PeerAbsentException(string reason) : Exception(reason);
