using PeerNet.Control.Commands;

namespace PeerNet.Control;

/// <summary>What all sessions of one node share.</summary>
internal sealed class ControlState
{
    public ControlState(PeerNode node)
    {
        Fetch = new FetchCommands(node);
        Identified = new IdentifiedPeers(node);
    }

    public KeptStreams Streams { get; } = new();

    public FetchCommands Fetch { get; }

    public IdentifiedPeers Identified { get; }
}
