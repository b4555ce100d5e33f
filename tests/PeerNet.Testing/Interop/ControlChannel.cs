using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PeerNet.Testing.Interop;

/// <summary>The JSON lines themselves: numbers commands, matches replies, hands events on.</summary>
internal sealed class ControlChannel(string peer, Stream input, Stream output, EventLog events, LogTail log) : IDisposable
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How much longer than its own time-out a command may take before the peer counts as silent.</summary>
    private static readonly TimeSpan ReplySlack = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private int _lastId;
    private volatile string? _ended;

    public async Task<JsonElement> CallAsync(string command, object? arguments, TimeSpan timeout, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _lastId);
        var message = new JsonObject { ["id"] = id, ["cmd"] = command, ["timeout"] = (long)timeout.TotalMilliseconds };
        foreach (var (name, value) in (JsonObject?)JsonSerializer.SerializeToNode(arguments) ?? [])
        {
            if (value is not null)
                message[name] = value.DeepClone();
        }

        var text = message.ToJsonString();
        var call = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await WriteAsync(message, cancellation);
            if (_ended is { } reason)
                throw new ControlException(peer, text, ControlErrors.PeerExited, reason);
            var reply = await call.Task.WaitAsync(timeout + ReplySlack, cancellation);
            return reply.IsTrue("ok") ? reply.Member("result") ?? default : throw Refusal(text, reply);
        }
        catch (TimeoutException)
        {
            throw new ControlException(peer, text, ControlErrors.Timeout, $"no reply within {timeout + ReplySlack}");
        }
        catch (IOException e)
        {
            throw new ControlException(peer, text, ControlErrors.PeerExited, _ended ?? e.Message);
        }
        finally
        {
            _calls.TryRemove(id, out _);
        }
    }

    /// <summary>Says <c>stop</c> and ends the peer's stdin.</summary>
    public async Task CloseAsync()
    {
        try
        {
            await WriteAsync(new JsonObject { ["id"] = "stop", ["cmd"] = "stop" }, CancellationToken.None);
            input.Close();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The process has ended, or was told to before.
        }
    }

    /// <summary>Reads replies and events until the peer closes its stdout.</summary>
    public async Task ReadToEndAsync()
    {
        await foreach (var line in LineReader.ReadAsync(output))
        {
            if (!TryParse(line, out var message))
                log.Add("(not JSON on stdout) " + System.Text.Encoding.UTF8.GetString(line.Span));
            else if (message.Member("event") is not null)
                events.Add(message);
            else if (message.Member("id") is { ValueKind: JsonValueKind.Number } id && _calls.TryRemove(id.GetInt32(), out var call))
                call.TrySetResult(message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    /// <summary>No reply will come any more.</summary>
    public void End(string reason)
    {
        _ended = reason;
        foreach (var call in _calls.Values)
            call.TrySetException(new IOException(reason));
    }

    private ControlException Refusal(string command, JsonElement reply)
        => new(peer, command, reply.Text("name") ?? "Error", reply.Text("error") ?? "", reply);

    private async Task WriteAsync(JsonObject message, CancellationToken cancellation)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(message);
        if (!await _writing.WaitAsync(WriteDeadline, cancellation))
            throw new TimeoutException();
        try
        {
            await input.WriteAsync((byte[])[.. bytes, (byte)'\n'], CancellationToken.None).AsTask().WaitAsync(WriteDeadline, cancellation);
            await input.FlushAsync(CancellationToken.None).WaitAsync(WriteDeadline, cancellation);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> line, out JsonElement message)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            message = document.RootElement.Clone();
            return message.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            message = default;
            return false;
        }
    }
}
