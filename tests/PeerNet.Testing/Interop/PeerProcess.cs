using System.Diagnostics;
using System.Text.Json;

namespace PeerNet.Testing.Interop;

/// <summary>
/// One running peer, driven by JSON lines; <c>interop/README.md</c> describes the protocol. Safe for concurrent use.
/// Disposing asks it to stop, and kills it when it does not.
/// </summary>
public sealed class PeerProcess : IAsyncDisposable
{
    /// <summary>Half a second to three alone; a machine with ten busy processes per core has taken a minute.</summary>
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan KillDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EventDeadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly EventLog _events = new();
    private readonly LogTail _log = new();
    private readonly ControlChannel _channel;
    private readonly Task _reading;

    private PeerProcess(PeerKind kind, string name, Process process)
    {
        Kind = kind;
        Name = $"{kind.ToString().ToLowerInvariant()} '{name}'";
        _process = process;
        _channel = new ControlChannel(Name, process.StandardInput.BaseStream, process.StandardOutput.BaseStream, _events, _log);
        _reading = Task.WhenAll(ReadToEndAsync(), _log.ReadAsync(process.StandardError.BaseStream));
    }

    /// <summary>Which implementation it is.</summary>
    public PeerKind Kind { get; }

    /// <summary>The kind and the name within the group, for messages.</summary>
    public string Name { get; }

    /// <summary>The event that told that the peer is up.</summary>
    public JsonElement Ready { get; private set; }

    /// <summary>The peer's id, in base58.</summary>
    public string PeerId => Ready.Text("peerId")!;

    /// <summary>Addresses to dial it at, each ending in <c>/p2p/</c> and its id.</summary>
    public IReadOnlyList<string> Addresses => Ready.Texts("addrs") is { Count: > 0 } told ? told : Ready.Texts("listening");

    /// <summary>The process's id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The last lines of its stderr.</summary>
    public string LogTail => _log.ToString();

    /// <summary>The number that the next event will have, for <c>since</c>.</summary>
    public long EventCount => _events.Count;

    /// <summary>Starts a peer in a folder of its own and waits until it is ready.</summary>
    /// <exception cref="ControlException">It reported a fatal error, ended, or was not ready in time.</exception>
    public static async Task<PeerProcess> StartAsync(
        PeerProgram program, PeerOptions options, string name, string folder, CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(folder);
        string[] command = [.. options.Launcher, program.FileName, .. program.Arguments, .. options.ToArguments(program.Kind)];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = folder;
        foreach (var (variable, value) in program.Environment.Concat(options.Environment))
            start.Environment[variable] = value;

        var peer = new PeerProcess(program.Kind, name, Process.Start(start)!);
        try
        {
            var first = await peer._events.WaitAsync(e => e.Text("event") is "ready" or "fatal", StartDeadline, 0, cancellation);
            if (first.Text("event") == "fatal")
                throw new ControlException(peer.Name, string.Join(' ', command), "fatal", first.Text("error") ?? "");
            peer.Ready = first;
            return peer;
        }
        catch (Exception e)
        {
            await peer.KillAsync();
            if (e is not TimeoutException)
                throw;
            throw new ControlException(peer.Name, string.Join(' ', command), ControlErrors.Timeout, $"not ready after {StartDeadline}\n{peer.LogTail}");
        }
    }

    /// <summary>The first of its addresses that a stack's transport carries.</summary>
    public string AddressFor(ProtocolStack stack) => Addresses.FirstOrDefault(stack.Carries)
        ?? throw new InvalidOperationException($"{Name} has no {stack.Transport} address among {string.Join(", ", Addresses)}.");

    /// <summary>Sends a command and returns its result.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="arguments">An object whose members become the command's arguments; null members are left out.</param>
    /// <param name="timeout">How long the peer may take, 30 s by default.</param>
    /// <param name="cancellation">Gives up waiting; the command goes on in the peer.</param>
    /// <exception cref="ControlException">The peer answered with an error, ended, or kept silent.</exception>
    public Task<JsonElement> CallAsync(
        string command, object? arguments = null, TimeSpan? timeout = null, CancellationToken cancellation = default)
        => _channel.CallAsync(command, arguments, timeout ?? ControlChannel.DefaultTimeout, cancellation);

    /// <summary>An event that has come since number <paramref name="since"/>, or will come.</summary>
    /// <exception cref="TimeoutException">None came; the message lists those that did.</exception>
    public async Task<JsonElement> WaitForEventAsync(
        string name, Func<JsonElement, bool>? match = null, TimeSpan? deadline = null, long since = 0, CancellationToken cancellation = default)
    {
        var limit = deadline ?? EventDeadline;
        try
        {
            return await _events.WaitAsync(e => e.Text("event") == name && (match is null || match(e)), limit, since, cancellation);
        }
        catch (TimeoutException)
        {
            var seen = string.Join("\n  ", _events.Since(since).TakeLast(20));
            throw new TimeoutException($"{Name} reported no such '{name}' within {limit.TotalSeconds} s; its last events:\n  {seen}");
        }
    }

    /// <summary>The kept events since number <paramref name="since"/>.</summary>
    public IReadOnlyList<JsonElement> Events(long since = 0) => _events.Since(since);

    /// <summary>Asks the peer to stop; kills it when it does not.</summary>
    public async Task StopAsync()
    {
        try
        {
            await _channel.CloseAsync();
            await _process.WaitForExitAsync().WaitAsync(StopDeadline);
            await _reading.WaitAsync(KillDeadline);
        }
        catch (TimeoutException)
        {
            _log.Add($"(did not stop within {StopDeadline.TotalSeconds} s: killed)");
            await KillAsync();
        }
    }

    /// <summary>Ends the peer and its children at once, as <c>kill -9</c> does, and waits until they are gone.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().WaitAsync(KillDeadline);
        await _reading.WaitAsync(KillDeadline);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _channel.Dispose();
        _process.Dispose();
    }

    private async Task ReadToEndAsync()
    {
        await _channel.ReadToEndAsync();
        await _process.WaitForExitAsync();
        var reason = $"the process ended with {_process.ExitCode}";
        _events.End(new ControlException(Name, "(wait for an event)", ControlErrors.PeerExited, $"{reason}\n{LogTail}"));
        _channel.End(reason);
    }
}
