using System.Text.Json.Nodes;

namespace PeerNet.Control;

/// <summary>Runs one command; the result, if any, goes into the reply.</summary>
internal delegate ValueTask<JsonNode?> ControlCommand(ControlRequest request, CancellationToken token);

/// <summary>The commands that a session knows, by name.</summary>
internal sealed class ControlCommandTable
{
    private readonly Dictionary<string, ControlCommand> _commands = new(StringComparer.Ordinal);

    /// <summary>The names, sorted.</summary>
    public IEnumerable<string> Names => _commands.Keys.Order(StringComparer.Ordinal);

    /// <summary>Adds a command.</summary>
    public void Add(string name, ControlCommand command) => _commands.Add(name, command);

    /// <summary>Adds a command that answers at once.</summary>
    public void Add(string name, Func<ControlRequest, JsonNode?> command)
        => _commands.Add(name, (request, _) => ValueTask.FromResult(command(request)));

    /// <summary>Runs a command.</summary>
    /// <exception cref="ControlException">There is no such command.</exception>
    public ValueTask<JsonNode?> RunAsync(ControlRequest request, CancellationToken token)
        => _commands.TryGetValue(request.Command, out var command)
            ? command(request, token)
            : throw new ControlException(ControlErrors.UnsupportedCommand, $"no command {request.Command}");
}
