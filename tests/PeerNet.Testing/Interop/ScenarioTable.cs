namespace PeerNet.Testing.Interop;

/// <summary>Rows of a table-driven test: every scenario with every pair of kinds over every stack that both speak.</summary>
public static class ScenarioTable
{
    /// <summary>Rows of (scenario, A, B, stack), for <c>DynamicData</c>.</summary>
    public static IEnumerable<object[]> Rows(
        IEnumerable<Scenario> scenarios, IReadOnlyList<(PeerKind A, PeerKind B)> pairs, IReadOnlyList<ProtocolStack> stacks)
        => from scenario in scenarios
           from pair in pairs
           where !scenario.NotAsA.ContainsKey(pair.A) && !scenario.NotAsB.ContainsKey(pair.B)
           from stack in stacks
           where Speaks(pair.A, stack) && Speaks(pair.B, stack)
           select new object[] { scenario, pair.A, pair.B, stack };

    /// <summary>Every ordered pair of different kinds.</summary>
    public static IReadOnlyList<(PeerKind A, PeerKind B)> Pairs(params IReadOnlyList<PeerKind> kinds)
        => [.. from a in kinds from b in kinds where a != b select (a, b)];

    /// <summary>One kind with each of the others, in both roles.</summary>
    public static IReadOnlyList<(PeerKind A, PeerKind B)> BothWays(PeerKind one, params IReadOnlyList<PeerKind> others)
        => [.. others.SelectMany(other => new[] { (one, other), (other, one) })];

    /// <summary>Whether a kind has a stack at all. py-libp2p's certificates are not read by js, and its QUIC is fragile; rust and the daemons have no secure WebSocket.</summary>
    public static bool Speaks(PeerKind kind, ProtocolStack stack) => kind switch
    {
        PeerKind.Python => stack is { Transport: "tcp" or "ws", Security: "noise" },
        PeerKind.PeerNet => stack.Transport != "quic",
        PeerKind.Go or PeerKind.Js => true,
        _ => stack.Transport != "wss",
    };
}
