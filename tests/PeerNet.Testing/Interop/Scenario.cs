namespace PeerNet.Testing.Interop;

/// <summary>What two peers do together: A dials B over one stack. It runs with any kind in either role.</summary>
public sealed record Scenario(string Name, Func<ScenarioRun, Task> Body)
{
    /// <summary>Flags that A needs besides those of the stack.</summary>
    public IReadOnlyList<string> FlagsOfA { get; init; } = [];

    /// <summary>Flags that B needs besides those of the stack.</summary>
    public IReadOnlyList<string> FlagsOfB { get; init; } = [];

    /// <summary>Kinds that cannot be A, each with the reason; such rows are not made.</summary>
    public IReadOnlyDictionary<PeerKind, string> NotAsA { get; init; } = new Dictionary<PeerKind, string>();

    /// <summary>Kinds that cannot be B, each with the reason; such rows are not made.</summary>
    public IReadOnlyDictionary<PeerKind, string> NotAsB { get; init; } = new Dictionary<PeerKind, string>();

    /// <summary>Starts both peers side by side, runs the body, and stops them.</summary>
    public Task RunAsync(PeerKind a, PeerKind b, ProtocolStack stack, CancellationToken cancellation) => PeerGroup.RunAsync(async group =>
    {
        var options = PeerOptions.For(stack);
        var peers = await group.StartAllAsync([(a, options.With(FlagsOfA)), (b, options.With(FlagsOfB))], cancellation);
        await Body(new ScenarioRun(peers[0], peers[1], stack, cancellation));
    });

    /// <summary>The name, as in a test's name.</summary>
    public override string ToString() => Name;
}
