using PeerNet.InteropTests.Scenarios;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Matrix;

/// <summary>One row of the matrix: who dials whom over what.</summary>
public sealed record MatrixRow(PeerKind A, PeerKind B, ProtocolStack Stack)
{
    /// <summary>Whom PeerNet meets.</summary>
    public PeerKind Other => A == PeerKind.PeerNet ? B : A;

    /// <inheritdoc/>
    public override string ToString() => $"{A} > {B} {Stack}".ToLowerInvariant();
}

/// <summary>What the matrix consists of.</summary>
internal static class MatrixTable
{
    /// <summary>The environment variable with words that all have to occur in a cell's row and column, as in <c>go > tcp/noise ping</c>; null runs everything.</summary>
    private const string OnlyVariable = "PEERNET_MATRIX";

    /// <summary>The environment variable that turns <c>full</c> sizes on: 16 MiB each way in every row, and 256 MiB once for each kind.</summary>
    private const string SizesVariable = "PEERNET_MATRIX_SIZES";

    private static readonly bool IsFull = Environment.GetEnvironmentVariable(SizesVariable) == "full";

    /// <summary>The order in which they run on one pair of peers.</summary>
    public static readonly IReadOnlyList<Scenario> Columns =
    [
        ConnectionScenarios.Ping, ConnectionScenarios.Identify, ConnectionScenarios.IdentifyPush, ConnectionScenarios.UnexpectedPeer, ConnectionScenarios.Disconnect,
        StreamScenarios.Echo, StreamScenarios.HalfClose, StreamScenarios.Reset, StreamScenarios.UnknownProtocol, StreamScenarios.StalledReader,
        .. (IReadOnlyList<Scenario>)(IsFull ? [TransferScenarios.Medium, TransferScenarios.Large] : [TransferScenarios.Small]),
        ManyStreamsScenarios.Refused, ManyStreamsScenarios.AllOpen,
    ];

    /// <summary>Whom PeerNet meets.</summary>
    public static readonly IReadOnlyList<PeerKind> Others = [PeerKind.Go, PeerKind.Rust, PeerKind.Js, PeerKind.PeerNet];

    private static readonly ProtocolStack[] Stacks =
    [
        ProtocolStack.TcpNoise, ProtocolStack.TcpTls, ProtocolStack.WsNoise, ProtocolStack.WsTls, ProtocolStack.WssNoise, ProtocolStack.WssTls,
        ProtocolStack.PrivateTcpNoise,
    ];

    public static IEnumerable<MatrixRow> Rows(PeerKind other)
        => from stack in Stacks
           where ScenarioTable.Speaks(other, stack)
           from pair in (IReadOnlyList<(PeerKind A, PeerKind B)>)(other == PeerKind.PeerNet ? [(other, other)] : ScenarioTable.BothWays(PeerKind.PeerNet, other))
           select new MatrixRow(pair.A, pair.B, stack);

    /// <summary>The cells with one kind, by stack and then by flags.</summary>
    public static IEnumerable<(MatrixRow Row, Scenario Column)> Cells(PeerKind other)
        => from rows in Rows(other).GroupBy(row => row.Stack)
           from column in Columns
           from row in rows
           where Has(row, column)
           where Only.All(word => $"{row} {column}".Contains(word, StringComparison.Ordinal))
           select (row, column);

    /// <summary>What is long and does not depend on the stack runs over one of them, and the longest in one role.</summary>
    private static bool Has(MatrixRow row, Scenario column)
        => (column != TransferScenarios.Large && column != ManyStreamsScenarios.Refused)
            || (row.Stack == ProtocolStack.TcpNoise && (column != TransferScenarios.Large || row.A == PeerKind.PeerNet));

    /// <summary>Whether a cell needs peers whose limits are off; all others run with what is shipped.</summary>
    public static bool WithoutLimits(Scenario column) => column == ManyStreamsScenarios.AllOpen;

    private static string[] Only { get; } = (Environment.GetEnvironmentVariable(OnlyVariable) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
