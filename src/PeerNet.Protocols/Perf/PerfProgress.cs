namespace PeerNet.Protocols.Perf;

/// <summary>Bytes that have moved since the last report.</summary>
/// <param name="Uploaded">Bytes handed to the connection.</param>
/// <param name="Downloaded">Bytes received.</param>
public readonly record struct PerfProgress(int Uploaded, int Downloaded);
