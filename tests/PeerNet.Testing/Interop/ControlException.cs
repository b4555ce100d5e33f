using System.Text.Json;

namespace PeerNet.Testing.Interop;

/// <summary>A command that a peer answered with an error, or did not answer. The message holds the command's JSON.</summary>
public sealed class ControlException : Exception
{
    internal ControlException(string peer, string command, string name, string error, JsonElement? reply = null)
        : base($"{peer} answered {name} ({error}) to {command}" + (reply is { } r ? $"\n  reply: {r}" : ""))
    {
        Name = name;
        Error = error;
        Reply = reply;
    }

    /// <summary>The error's name, one of <see cref="ControlErrors"/> where the peers agree on one.</summary>
    public string Name { get; }

    /// <summary>The peer's own words.</summary>
    public string Error { get; }

    /// <summary>The whole reply; null when there was none.</summary>
    public JsonElement? Reply { get; }
}
