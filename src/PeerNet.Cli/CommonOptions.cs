using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace PeerNet.Cli;

/// <summary>Options that every command takes.</summary>
internal sealed class CommonOptions
{
    public Option<string?> DataFolder { get; } = new("--data-dir")
    {
        Description = "Folder of the node: a running node is found through it. Default: PEERNET_DATADIR, else a folder of the user's.",
        HelpName = "folder",
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json") { Description = "One JSON object per line instead of tables.", Recursive = true };

    public Option<double> Timeout { get; } = new("--timeout")
    {
        Description = "Seconds that one request to a peer may take.",
        DefaultValueFactory = _ => 30,
        HelpName = "seconds",
        Recursive = true,
    };

    public Option<LogLevel> LogLevel { get; } = new("--log-level")
    {
        Description = "Least important log lines to write to standard error.",
        DefaultValueFactory = _ => Microsoft.Extensions.Logging.LogLevel.Warning,
        Recursive = true,
    };

    public CommonOptions()
    {
        Timeout.Validators.Add(result =>
        {
            if (result.GetValue(Timeout) is var seconds && !(seconds > 0 && seconds <= 3600))
                result.AddError("--timeout takes seconds, more than 0 and at most 3600.");
        });
    }

    public IEnumerable<Option> All => [DataFolder, Json, Timeout, LogLevel];
}
