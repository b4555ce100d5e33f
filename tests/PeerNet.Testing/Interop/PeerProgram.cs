namespace PeerNet.Testing.Interop;

/// <summary>How one kind of peer is started: a program, the arguments that come before any flag, and its environment.</summary>
public sealed record PeerProgram(PeerKind Kind, string FileName, params string[] Arguments)
{
    /// <summary>Variables that the peer gets in addition to this process's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
