using System.CommandLine;
using System.Text.Json.Nodes;
using PeerNet.Identity;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet id</c>: who a node is.</summary>
internal static class IdCommand
{
    public static Command Create(CliContext context)
    {
        var command = new Command("id", "Show the peer id and addresses of the running node, or of the identity in its folder.");
        command.SetAction(async (parsed, token) =>
        {
            var report = context.ReportOf(parsed);
            var folder = context.DataFolderOf(parsed);
            await using var session = await NodeSession.TryAttachAsync(folder, context.TimeoutOf(parsed), token);
            if (session is not null)
            {
                var self = await session.CallAsync("self", null, token);
                report.Fields(new JsonObject
                {
                    ["peerId"] = self.GetProperty("peerId").GetString(),
                    ["agent"] = self.GetProperty("agent").GetString(),
                    ["addrs"] = JsonNode.Parse(self.GetProperty("addrs").GetRawText()),
                    ["protocols"] = JsonNode.Parse(self.GetProperty("protocols").GetRawText()),
                    ["running"] = true,
                });
                return ExitCodes.Done;
            }

            var file = Path.Combine(folder, "identity.key");
            if (!File.Exists(file))
                throw new UsageException($"No node runs in {folder}, and there is no identity yet: 'peernet run' makes one.");
            var loaded = KeyFile.Load(file);
            using var key = loaded.Key;
            report.Fields(new JsonObject { ["peerId"] = key.PeerId.ToString(), ["keyType"] = key.Type.ToString(), ["identityFile"] = file, ["running"] = false });
            return ExitCodes.Done;
        });
        return command;
    }
}
