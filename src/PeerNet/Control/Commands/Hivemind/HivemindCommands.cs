using System.Text.Json.Nodes;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>What a member of a Hivemind swarm can be told, in the words of every Hivemind peer (interop/hivemind/README.md).</summary>
internal static class HivemindCommands
{
    public static void Add(ControlCommandTable table, PeerNode node, ControlState state, Func<string, JsonObject, Task> emit)
    {
        if (node.Hivemind is not { } swarm)
            return;
        RecordCommands.Add(table, node, swarm.Dht);
        TableCommands.Add(table, node, swarm.Dht);
        ValidatorCommands.Add(table, node, swarm.Dht);
        ApplicationCommands.Add(table, node, swarm.Dht);
        new BareCommands(node, swarm).AddTo(table);
        new CallCommands(node, swarm).AddTo(table);
        state.Served(swarm).AddTo(table, emit);
    }
}
