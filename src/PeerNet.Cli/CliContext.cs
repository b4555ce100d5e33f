using System.CommandLine;
using Microsoft.Extensions.Logging;
using PeerNet.Cli.Views;
using PeerNet.Configuration;

namespace PeerNet.Cli;

/// <summary>What commands share: where output goes, and how a node is reached.</summary>
internal sealed class CliContext
{
    public CliContext(CommonOptions options, TextWriter output, TextWriter error)
    {
        Options = options;
        Output = output;
        Error = error;
    }

    public CommonOptions Options { get; }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    /// <summary>The folder that the invocation is about.</summary>
    public string DataFolderOf(ParseResult parsed)
        => parsed.GetValue(Options.DataFolder)
            ?? Environment.GetEnvironmentVariable("PEERNET_DATADIR")
            ?? DataFolder.Default;

    public TimeSpan TimeoutOf(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(Options.Timeout));

    /// <summary>Tables or JSON lines.</summary>
    public Report ReportOf(ParseResult parsed) => new(Output, parsed.GetValue(Options.Json));

    /// <summary>A progress line on standard error for whatever takes longer than a second; silent when that is not a terminal.</summary>
    public Progress ProgressOf(string what) => Progress.Start(Error, what, ReferenceEquals(Error, Console.Error) && !Console.IsErrorRedirected);

    /// <summary>Logs to standard error, which keeps standard output for results.</summary>
    public ILoggerFactory LoggersOf(ParseResult parsed) => LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(parsed.GetValue(Options.LogLevel));
        builder.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
    });

    /// <summary>Attaches to the folder's running node, or starts a short-lived one with a fresh identity.</summary>
    /// <param name="parsed">The invocation.</param>
    /// <param name="token">Cancels.</param>
    /// <param name="configure">Changes the options of the short-lived node.</param>
    public async Task<NodeSession> OpenNodeAsync(ParseResult parsed, CancellationToken token, Action<PeerNodeOptions>? configure = null)
    {
        var attached = await NodeSession.TryAttachAsync(DataFolderOf(parsed), TimeoutOf(parsed), token);
        if (attached is not null)
            return attached;
        var options = new PeerNodeOptions();
        configure?.Invoke(options);
        return await NodeSession.StartAsync(options, LoggersOf(parsed), TimeoutOf(parsed), token);
    }
}
