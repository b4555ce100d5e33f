using PeerNet.Control.Commands;
using PeerNet.Control.Commands.Hivemind;
using PeerNet.Hivemind;

namespace PeerNet.Control;

/// <summary>What all sessions of one node share.</summary>
internal sealed class ControlState
{
    private readonly PeerNode _node;
    private readonly Lock _lock = new();
    private ServeCommands? _served;

    public ControlState(PeerNode node)
    {
        _node = node;
        Fetch = new FetchCommands(node);
        Identified = new IdentifiedPeers(node);
    }

    public KeptStreams Streams { get; } = new();

    public FetchCommands Fetch { get; }

    public IdentifiedPeers Identified { get; }

    /// <summary>Methods that drivers serve in a Hivemind swarm.</summary>
    public ServeCommands Served(HivemindSwarm swarm)
    {
        lock (_lock)
            return _served ??= new ServeCommands(_node, swarm);
    }
}
