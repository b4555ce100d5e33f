using System.IO.Pipelines;
using System.Text;

namespace PeerNet.Control;

/// <summary>Makes control sessions for one node.</summary>
internal sealed class ControlHost
{
    private readonly PeerNode _node;
    private readonly Action _stop;
    private readonly Lazy<ControlState> _state;

    public ControlHost(PeerNode node, Action stop)
    {
        _node = node;
        _stop = stop;
        _state = new Lazy<ControlState>(() => new ControlState(node));
    }

    /// <summary>What the node's sessions share.</summary>
    public ControlState State => _state.Value;

    /// <summary>A session over a pair of text streams.</summary>
    public ControlSession CreateSession(TextReader input, TextWriter output) => CreateSession(input, output, static _ => { });

    /// <summary>A session with commands of the program's own.</summary>
    public ControlSession CreateSession(TextReader input, TextWriter output, Action<ControlCommandTable> addCommands) => new(
        input,
        output,
        (session, table) =>
        {
            NodeCommands.Register(_node, _state.Value, session, table);
            addCommands(table);
        },
        _node.Swarm.Time,
        _stop);

    /// <summary>A session inside the process, and its driver.</summary>
    public ControlClient OpenClient(CancellationToken stopping)
    {
        var commands = new Pipe();
        var replies = new Pipe();
        var session = CreateSession(new StreamReader(commands.Reader.AsStream(), Encoding.UTF8), new StreamWriter(replies.Writer.AsStream(), new UTF8Encoding(false)));
        var running = session.RunAsync(stopping);
        return new ControlClient(
            new StreamReader(replies.Reader.AsStream(), Encoding.UTF8),
            new StreamWriter(commands.Writer.AsStream(), new UTF8Encoding(false)),
            new Ending(commands.Writer, session, running));
    }

    private sealed class Ending(PipeWriter commands, ControlSession session, Task running) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await commands.CompleteAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
            session.Dispose();
        }
    }
}
