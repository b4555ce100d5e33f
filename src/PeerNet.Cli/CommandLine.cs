using System.CommandLine;
using System.CommandLine.Help;
using PeerNet.Cli.Commands;
using PeerNet.Configuration;
using PeerNet.Control;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Cli;

/// <summary>The whole command line: its grammar, and what an error looks like.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken token = default)
    {
        var root = Build(output, error);
        var parsed = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false });
        var asksForHelp = parsed.Action is HelpAction || parsed.GetResult("--version") is not null;
        if (parsed.Errors.Count > 0 && !asksForHelp)
        {
            await error.WriteLineAsync($"peernet: {OneLine(parsed.Errors[0].Message)} Try 'peernet {PathOf(parsed)}--help'.");
            return ExitCodes.BadInput;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, token);
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            await error.WriteLineAsync($"peernet: {OneLine(explained.Text)}");
            return explained.Code;
        }
    }

    private static RootCommand Build(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        var context = new CliContext(common, output, error);
        var root = new RootCommand("A libp2p node for .NET: joins Go, Rust and JS libp2p networks.");
        foreach (var option in common.All)
            root.Options.Add(option);
        root.Subcommands.Add(RunCommand.Create(context));
        root.Subcommands.Add(IdCommand.Create(context));
        root.Subcommands.Add(PeersCommand.Create(context));
        root.Subcommands.Add(ConnectCommand.Create(context));
        root.Subcommands.Add(DisconnectCommand.Create(context));
        foreach (var command in BlockCommands.Create(context))
            root.Subcommands.Add(command);
        root.Subcommands.Add(PingCommand.Create(context));
        root.Subcommands.Add(IdentifyCommand.Create(context));
        root.Subcommands.Add(PerfCommand.Create(context));
        root.Subcommands.Add(KeyCommands.Create(context));
        root.Subcommands.Add(DhtCommands.Create(context));
        root.Subcommands.Add(HivemindCommands.Create(context));
        root.Subcommands.Add(CrawlCommand.Create(context));
        return root;
    }

    private static (string Text, int Code)? Explain(Exception failure) => failure switch
    {
        UsageException or ConfigurationException or KeyFileException or FormatException => (failure.Message, ExitCodes.BadInput),
        ControlException { Name: ControlErrors.UnsupportedCommand } control => ($"{control.Message}: the running node was started without it", ExitCodes.Failed),
        ControlException { Name: ControlErrors.InvalidParameters } => (failure.Message, ExitCodes.BadInput),
        ControlException control => ($"{control.Message} ({control.Name})", ExitCodes.Failed),
        PeerNetException or TimeoutException or IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException => (failure.Message, ExitCodes.Failed),
        OperationCanceledException => ("interrupted", ExitCodes.Interrupted),
        _ => null,
    };

    private static string PathOf(ParseResult parsed)
    {
        var name = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
        return parsed.CommandResult.Parent is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } parent ? $"{parent.Command.Name} {name}" : name;
    }

    private static string OneLine(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
