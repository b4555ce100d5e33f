using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace PeerNet.Control;

/// <summary>
/// The driver's side of the control protocol: sends commands, matches replies by id, and queues events. Works over a running node's socket
/// and over pipes to a peer of any kind. Thread-safe.
/// </summary>
public sealed class ControlClient : IAsyncDisposable
{
    /// <summary>Implementation limit: events kept for a driver that does not read them; the oldest go first.</summary>
    private const int MaxQueuedEvents = 4096;

    private readonly BoundedLineReader _input;
    private readonly TextWriter _output;
    private readonly IAsyncDisposable? _owned;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _waiting = new();
    private readonly Channel<JsonElement> _events = Channel.CreateBounded<JsonElement>(
        new BoundedChannelOptions(MaxQueuedEvents) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _reading;
    private long _lastId;

    /// <summary>Speaks over a pair of text streams.</summary>
    /// <param name="input">What the peer writes.</param>
    /// <param name="output">What the peer reads.</param>
    /// <param name="owned">Disposed together with this client.</param>
    public ControlClient(TextReader input, TextWriter output, IAsyncDisposable? owned = null)
    {
        _input = new BoundedLineReader(input, ControlSession.MaxLineChars);
        _output = output;
        _owned = owned;
        _reading = ReadAsync();
    }

    /// <summary>Attaches to the node that serves a control socket; null when none does.</summary>
    public static Task<ControlClient?> TryAttachAsync(string socketPath, CancellationToken token = default) => ControlServer.TryAttachAsync(socketPath, token);

    /// <summary>Events as they come; ends with the peer.</summary>
    public ChannelReader<JsonElement> Events => _events.Reader;

    /// <summary>Runs a command and returns its result.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="arguments">Its arguments; <c>id</c> and <c>cmd</c> are added.</param>
    /// <param name="token">Stops waiting; the command itself ends at its own time limit.</param>
    /// <exception cref="ControlException">The peer answered with an error, or is gone.</exception>
    public async Task<JsonElement> CallAsync(string command, JsonObject? arguments = null, CancellationToken token = default)
    {
        var id = Interlocked.Increment(ref _lastId);
        var reply = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = reply;
        try
        {
            if (_reading.IsCompleted)
                throw Gone();
            var line = arguments?.DeepClone().AsObject() ?? [];
            line["id"] = id;
            line["cmd"] = command;
            await SendAsync(line.ToJsonString(), token).ConfigureAwait(false);
            var answer = await reply.Task.WaitAsync(token).ConfigureAwait(false);
            if (answer.GetProperty("ok").GetBoolean())
                return answer.TryGetProperty("result", out var result) ? result : default;
            throw new ControlException(
                answer.TryGetProperty("name", out var name) ? name.GetString()! : ControlErrors.Other,
                answer.TryGetProperty("error", out var error) ? error.GetString()! : "the command failed");
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        if (_owned is not null)
            await _owned.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _ended.Dispose();
        _writing.Dispose();
    }

    private static ControlException Gone() => new(ControlErrors.ConnectionClosed, "The node has ended the control connection.");

    private async Task SendAsync(string line, CancellationToken token)
    {
        await _writing.WaitAsync(token).ConfigureAwait(false);
        try
        {
            await _output.WriteLineAsync(line).ConfigureAwait(false);
            await _output.FlushAsync(token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            throw Gone();
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        try
        {
            while (await _input.ReadLineAsync(_ended.Token).ConfigureAwait(false) is { } line)
                Dispatch(line);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException or ControlException or JsonException)
        {
            // The end of the session, however it came; the waiting calls hear of it below.
        }

        _events.Writer.TryComplete();
        foreach (var (_, waiting) in _waiting)
            waiting.TrySetException(Gone());
    }

    private void Dispatch(string line)
    {
        if (line.Length == 0)
            return;
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement.Clone();
        if (root.TryGetProperty("event", out _))
            _events.Writer.TryWrite(root);
        else if (root.TryGetProperty("id", out var id) && id.TryGetInt64(out var number) && _waiting.TryGetValue(number, out var reply))
            reply.TrySetResult(root);
    }
}
