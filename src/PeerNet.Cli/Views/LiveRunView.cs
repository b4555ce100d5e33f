using PeerNet.Control;
using Spectre.Console;

namespace PeerNet.Cli.Views;

/// <summary>A running node on a terminal: who it is, and its peers, redrawn each second.</summary>
internal sealed class LiveRunView : IRunView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly PeerNode _node;
    private readonly ControlClient _control;
    private readonly int _neighbours;

    public LiveRunView(PeerNode node, ControlClient control, int neighbours)
    {
        _node = node;
        _control = control;
        _neighbours = neighbours;
    }

    public Task ShowAsync(CancellationToken token)
        => AnsiConsole.Live(new Text("Starting…")).AutoClear(false).StartAsync(async live =>
        {
            using var timer = new PeriodicTimer(Interval, TimeProvider.System);
            do
            {
                live.UpdateTarget(Draw(RunRow.From(await _control.CallAsync("connections", null, token))));
                live.Refresh();
            }
            while (await timer.WaitForNextTickAsync(token));
        });

    private Rows Draw(IReadOnlyList<RunRow> rows)
    {
        var head = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        head.AddRow(new Text("PeerNet", new Style(decoration: Decoration.Bold)), new Text(_node.PeerId.ToString()));
        foreach (var (address, index) in _node.Addresses.Take(6).Select((address, index) => (address, index)))
            head.AddRow(new Text(index == 0 ? "listening on" : ""), new Text(address));
        if (_node.DataFolder is { } folder)
            head.AddRow(new Text("data folder"), new Text(folder.Path));
        if (_neighbours > 0)
            head.AddRow(new Text("neighbours"), new Text($"{_neighbours} nodes in this process, so that there is a network to see"));

        var table = new Table { Border = TableBorder.Rounded, Expand = true };
        foreach (var name in new[] { "peer", "agent", "address", "direction", "rtt", "protocols", "received", "sent" })
            table.AddColumn(new TableColumn(new Text(name)));
        foreach (var row in rows.Take(MaxRows))
        {
            table.AddRow(
                new Text("…" + row.Peer[^Math.Min(8, row.Peer.Length)..]),
                new Text(row.Agent),
                new Text(row.Address),
                new Text(row.Direction),
                new Text(row.RttMs is { } rtt ? Units.Milliseconds(rtt) : "-"),
                new Text(row.Protocols),
                new Text(Units.Bytes(row.Received)),
                new Text(Units.Bytes(row.Sent)));
        }

        var more = rows.Count > MaxRows ? $", {rows.Count - MaxRows} not shown" : "";
        return new Rows(head, table, new Text($"{rows.Count} connections{more}. Ctrl-C ends the node."));
    }

    private static int MaxRows => Math.Max(5, (Console.IsOutputRedirected ? 40 : Console.WindowHeight) - 14);
}
