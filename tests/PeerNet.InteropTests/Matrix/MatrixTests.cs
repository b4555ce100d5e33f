using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Matrix;

/// <summary>
/// PeerNet with each of the large implementations and with itself, in both roles over every stack. The kinds run side by side, the cells of
/// one kind one after another on shared peers. <c>artifacts/matrix.md</c> shows the result.
/// </summary>
[TestClass, TestCategory("Interop"), TestCategory("Matrix")]
public sealed class MatrixTests
{
    /// <summary>The slowest cell sends 256 MiB there and back; machines with ten busy processes per core exist.</summary>
    private const int CellTimeout = 300_000;

    private static readonly MatrixReport Report = new();
    private static readonly Dictionary<PeerKind, MatrixPair> Pairs = MatrixTable.Others.ToDictionary(kind => kind, kind => new MatrixPair(kind));

    public TestContext TestContext { get; set; } = null!;

    /// <summary>
    /// Neighbours in the list belong to different kinds, so that what runs at once does. Of one kind they come by stack, and within a stack by
    /// their flags, so that peers start as rarely as possible.
    /// </summary>
    public static IEnumerable<object[]> Cells
    {
        get
        {
            var queues = MatrixTable.Others.Select(other => new Queue<(MatrixRow Row, Scenario Column)>(MatrixTable.Cells(other))).ToList();
            while (queues.Any(queue => queue.Count > 0))
            {
                foreach (var queue in queues)
                {
                    if (queue.TryDequeue(out var cell))
                        yield return [cell.Row, cell.Column];
                }
            }
        }
    }

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(MatrixTable.Others);

    [ClassCleanup]
    public static async Task StopPeersAndWriteReport()
    {
        await Task.WhenAll(Pairs.Values.Select(pair => pair.DisposeAsync().AsTask()));
        Report.Write(Path.Combine(PeerNet.Testing.TestData.RepositoryRoot, "artifacts", "matrix.md"));
    }

    [TestMethod, DynamicData(nameof(Cells)), Timeout(CellTimeout, CooperativeCancellation = true)]
    public async Task Matrix(MatrixRow row, Scenario column)
    {
        try
        {
            var run = await Pairs[row.Other].RunAsync(row, column, TestContext.CancellationToken);
            Report.Passed(row, column, run.Elapsed, run.Faults);
        }
        catch (AssertInconclusiveException)
        {
            Report.NotApplicable(row, column);
            throw;
        }
        catch (Exception e)
        {
            Report.Failed(row, column, e);
            throw;
        }
    }
}
