using System.Text.Json.Nodes;
using PeerNet.Control.Commands;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;

namespace PeerNet.Control;

/// <summary>
/// One driver of a node: commands come in as lines, replies go out as lines when they are ready, not in order. The first line out is the
/// <c>ready</c> event; further events go out once they are asked for. Ends with its input, or with the command <c>stop</c>.
/// </summary>
internal sealed class ControlSession : IDisposable
{
    /// <summary>Implementation limit: the longest line read, room for a payload of 4 MiB in hexadecimal.</summary>
    public const int MaxLineChars = 8 * 1024 * 1024 + 4096;

    /// <summary>Implementation limit: commands that run at once; the next line is read when one has ended.</summary>
    public const int MaxRunning = 1024;

    private readonly BoundedLineReader _input;
    private readonly TextWriter _output;
    private readonly ControlCommandTable _commands = new();
    private readonly TimeProvider _time;
    private readonly Action _stop;
    private readonly SemaphoreSlim _slots = new(MaxRunning);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _ended = new();
    private Task? _forwarding;

    public ControlSession(TextReader input, TextWriter output, Action<ControlSession, ControlCommandTable> register, TimeProvider time, Action stop)
    {
        _input = new BoundedLineReader(input, MaxLineChars);
        _output = output;
        _time = time;
        _stop = stop;
        register(this, _commands);
    }

    /// <summary>Writes an event.</summary>
    public Task EmitAsync(string name, JsonObject details)
    {
        var line = new JsonObject { ["event"] = name, ["t"] = _time.GetUtcNow().ToUnixTimeMilliseconds() };
        foreach (var (key, value) in details)
            line[key] = value?.DeepClone();
        return WriteAsync(line);
    }

    /// <summary>From now on the node's events go out as lines. Idempotent.</summary>
    public void ForwardEvents(PeerNode node)
    {
        if (Volatile.Read(ref _forwarding) is null)
            Interlocked.CompareExchange(ref _forwarding, EventForwarder.RunAsync(node, EmitAsync, _ended.Token), null);
    }

    /// <summary>Serves the session until its input ends, <c>stop</c> is answered (then the node is told), or the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken token)
    {
        await using var linked = token.UnsafeRegister(static ended => ((CancellationTokenSource)ended!).Cancel(), _ended).ConfigureAwait(false);
        var running = new HashSet<Task>();
        try
        {
            while (await _input.ReadLineAsync(_ended.Token).ConfigureAwait(false) is { } line)
            {
                if (string.IsNullOrWhiteSpace(line))
                    continue;
                ControlRequest request;
                try
                {
                    request = ControlRequest.Parse(line);
                }
                catch (ControlException error)
                {
                    await FailAsync(error.Id, 0, error).ConfigureAwait(false);
                    continue;
                }

                if (request.Command == "stop")
                {
                    await ReplyAsync(request, 0, null).ConfigureAwait(false);
                    _stop();
                    return;
                }

                await _slots.WaitAsync(_ended.Token).ConfigureAwait(false);
                running.RemoveWhere(task => task.IsCompleted);
                running.Add(ServeAsync(request, _ended.Token));
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The node is stopping.
        }
        catch (ControlException tooLong)
        {
            await FailAsync(null, 0, tooLong).ConfigureAwait(false);
        }
        finally
        {
            await _ended.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(false);
            if (_forwarding is not null)
                await _forwarding.ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(ControlRequest request, CancellationToken token)
    {
        await Task.Yield();
        var start = _time.GetInstant();
        try
        {
            using var deadline = _time.CreateDeadline(request.Timeout, token);
            var result = await _commands.RunAsync(request, deadline.Token).ConfigureAwait(false);
            await ReplyAsync(request, Elapsed(start), result).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The one place where a command's failure becomes a reply: whatever it was, the session goes on.
            await FailAsync(request.Id, Elapsed(start), error).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose()
    {
        _ended.Dispose();
        _slots.Dispose();
        _writing.Dispose();
    }

    private double Elapsed(Instant start) => Math.Round((_time.GetInstant() - start).TotalMilliseconds, 3);

    private Task ReplyAsync(ControlRequest request, double milliseconds, JsonNode? result)
    {
        var line = new JsonObject { ["id"] = Id(request.Id), ["ok"] = true, ["ms"] = milliseconds };
        if (result is not null)
            line["result"] = result;
        return WriteAsync(line);
    }

    private Task FailAsync(System.Text.Json.JsonElement? id, double milliseconds, Exception error)
    {
        var line = new JsonObject
        {
            ["id"] = Id(id),
            ["ok"] = false,
            ["ms"] = milliseconds,
            ["name"] = ControlErrors.NameOf(error),
            ["error"] = error is OperationCanceledException ? "The command did not end in time." : error.Message,
        };
        switch (error)
        {
            case DialException dial:
                line["errors"] = new JsonArray([.. dial.Attempts.Select(attempt => (JsonNode)$"{attempt.Address}: {attempt.Failure} {attempt.Error?.Message}")]);
                break;
            case StreamResetException { Code: not 0 } reset:
                line["code"] = reset.Code;
                break;
        }

        return WriteAsync(line);
    }

    private static JsonNode? Id(System.Text.Json.JsonElement? id) => id is { } value ? JsonNode.Parse(value.GetRawText()) : null;

    private async Task WriteAsync(JsonObject line)
    {
        var text = line.ToJsonString();
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await _output.WriteLineAsync(text).ConfigureAwait(false);
            await _output.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The driver is gone; the session ends with its input.
        }
        finally
        {
            _writing.Release();
        }
    }
}
