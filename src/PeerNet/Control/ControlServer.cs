using System.Net.Sockets;
using System.Text;

namespace PeerNet.Control;

/// <summary>
/// Serves the control protocol on a Unix socket in the node's data folder, which only its owner may enter. Each connection is one session;
/// a driver that misbehaves loses its own session only.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    /// <summary>Implementation limit: drivers at once, far more than a person's shells and a dashboard need.</summary>
    private const int MaxSessions = 64;

    private readonly Socket _listener;
    private readonly string _path;
    private readonly Func<TextReader, TextWriter, ControlSession> _sessions;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(MaxSessions);
    private readonly Task _accepting;
    private readonly Lock _sync = new();
    private readonly HashSet<Task> _running = [];

    private ControlServer(Socket listener, string path, Func<TextReader, TextWriter, ControlSession> sessions)
    {
        _listener = listener;
        _path = path;
        _sessions = sessions;
        _accepting = AcceptAsync();
    }

    /// <summary>Starts to listen. The caller holds the data folder's lock, so that a socket file found there is a dead node's.</summary>
    /// <exception cref="SocketException">The socket cannot be bound.</exception>
    public static ControlServer Start(string path, Func<TextReader, TextWriter, ControlSession> sessions)
    {
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(16);
            return new ControlServer(listener, path, sessions);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Attaches to the node that serves <paramref name="path"/>; null when none does.</summary>
    public static async Task<ControlClient?> TryAttachAsync(string path, CancellationToken token)
    {
        if (!File.Exists(path))
            return null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }

        var stream = new NetworkStream(socket, ownsSocket: true);
        return new ControlClient(Reader(stream), Writer(stream), stream);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] running;
        lock (_sync)
            running = [.. _running];
        await Task.WhenAll(running).ConfigureAwait(false);
        File.Delete(_path);
        _stopping.Dispose();
    }

    private static StreamReader Reader(Stream stream) => new(stream, new UTF8Encoding(false), false, 4096, leaveOpen: true);

    private static StreamWriter Writer(Stream stream) => new(stream, new UTF8Encoding(false), 4096, leaveOpen: true);

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _slots.WaitAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                Track(ServeAsync(await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false)));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Stopping, or a driver that hung up before it was accepted: the loop's condition tells them apart.
                _slots.Release();
            }
        }
    }

    private void Track(Task session)
    {
        lock (_sync)
        {
            _running.RemoveWhere(task => task.IsCompleted);
            _running.Add(session);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            using var reader = Reader(stream);
            await using var writer = Writer(stream);
            using var session = _sessions(reader, writer);
            await session.RunAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // The driver went away in the middle of something; nobody is left to tell.
        }
        finally
        {
            _slots.Release();
        }
    }
}
