using PeerNet.Control.Commands;
using PeerNet.Control.Commands.Hivemind;

namespace PeerNet.Control;

/// <summary>The commands of a node, for one session.</summary>
internal static class NodeCommands
{
    public static void Register(PeerNode node, ControlState state, ControlSession session, ControlCommandTable table)
    {
        SelfCommands.Add(table, node);
        ConnectionCommands.Add(table, node);
        PeerStoreCommands.Add(table, node);
        GaterCommands.Add(table, node);
        ProtocolCommands.Add(table, node, state.Identified);
        StreamCommands.Add(table, node, state.Streams, session.EmitAsync);
        DhtCommands.Add(table, node);
        HivemindCommands.Add(table, node, state, session.EmitAsync);
        BenchCommands.Add(table, node);
        state.Fetch.AddTo(table);
        new HandlerCommands(node, state.Streams, session.EmitAsync).AddTo(table);
        table.Add("events", _ =>
        {
            session.ForwardEvents(node);
            return null;
        });
    }
}
