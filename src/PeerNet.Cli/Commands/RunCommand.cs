using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using PeerNet.Cli.Views;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet run</c>: a node that runs until it is told to end, and shows what it is doing.</summary>
internal static class RunCommand
{
    public static Command Create(CliContext context)
    {
        var flags = new RunOptions();
        var command = new Command("run", "Run a node: makes an identity and a data folder, listens, connects to bootstrap peers, and shows its peers.");
        foreach (var option in flags.All)
            command.Options.Add(option);
        command.SetAction((parsed, token) => RunAsync(context, flags, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, RunOptions flags, ParseResult parsed, CancellationToken token)
    {
        var options = flags.Read(parsed, context.DataFolderOf(parsed));
        using var loggers = context.LoggersOf(parsed);
        // Not disposed: a second signal may come in while the process is ending.
        var stopping = CancellationTokenSource.CreateLinkedTokenSource(token);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, stopping));
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stopping));

        await using var node = await PeerNode.CreateBuilder().WithOptions(options).WithLogging(loggers).WithDefaultListenAddresses().StartAsync(stopping.Token);
        node.Stopping.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), stopping);
        await using var neighbours = await Neighbours.StartAsync(node, parsed.GetValue(flags.Neighbours), loggers, stopping.Token);

        var json = parsed.GetValue(context.Options.Json);
        var live = !json && !parsed.GetValue(flags.Plain) && ReferenceEquals(context.Output, Console.Out) && !Console.IsOutputRedirected;
        await using var control = node.OpenControl();
        IRunView view = live ? new LiveRunView(node, control, neighbours.Count) : new PlainRunView(node, control, neighbours.Count, context.Output, json);
        try
        {
            await view.ShowAsync(stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to end: what follows drains.
        }

        if (!json)
            await context.Error.WriteLineAsync($"Stopping; running requests get up to {options.DrainTimeout.TotalSeconds:0.#} s.");
        await node.ShutdownAsync(options.DrainTimeout);
        return ExitCodes.Done;
    }

    private static void Stop(PosixSignalContext signal, CancellationTokenSource stopping)
    {
        // The default would end the process before it drained.
        signal.Cancel = true;
        stopping.Cancel();
    }
}
