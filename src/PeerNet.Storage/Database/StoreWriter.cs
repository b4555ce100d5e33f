using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace PeerNet.Storage.Database;

/// <summary>
/// The only writer of the database. Changes gather in memory and go out in one transaction after
/// <see cref="StorageOptions.FlushInterval"/>. A transaction that fails, on a full or read-only disk, is tried again with growing pauses while
/// the node goes on. Thread-safe.
/// </summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly SqliteConnection _connection;
    private readonly StatementCache _statements;
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _sync = new();
    private readonly Lock _writing = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Action> _beforeFlush = [];
    private readonly Task _running;
    private Dictionary<(string Table, string Row), StoreWrite> _pending = [];
    private long _written;
    private long _dropped;
    private long _failures;

    public StoreWriter(SqliteConnection connection, StorageOptions options, TimeProvider time, ILogger log)
    {
        _connection = connection;
        _statements = new StatementCache(connection);
        _options = options;
        _time = time;
        _log = log;
        _running = RunAsync();
    }

    public StorageStatistics Statistics
    {
        get
        {
            lock (_sync)
                return new StorageStatistics(_pending.Count, _written, _dropped, _failures);
        }
    }

    /// <summary>Runs something before each flush, such as fetching what has changed elsewhere.</summary>
    public void BeforeFlush(Action fetch)
    {
        lock (_sync)
            _beforeFlush.Add(fetch);
    }

    /// <summary>Queues a change.</summary>
    public void Enqueue(StoreWrite write)
    {
        lock (_sync)
        {
            if (_pending.Count >= _options.MaxPendingWrites && !_pending.ContainsKey(write.Key))
                _dropped++;
            else
                _pending[write.Key] = write;
        }
    }

    /// <summary>Writes what waits, now.</summary>
    /// <exception cref="SqliteException">The disk is full or cannot be written to; what waited still waits.</exception>
    public void Flush()
    {
        lock (_writing)
        {
            Action[] fetches;
            lock (_sync)
                fetches = [.. _beforeFlush];
            foreach (var fetch in fetches)
                fetch();
            Dictionary<(string Table, string Row), StoreWrite> batch;
            lock (_sync)
            {
                if (_pending.Count == 0)
                    return;
                batch = _pending;
                _pending = [];
            }

            try
            {
                Write(batch.Values);
            }
            catch (SqliteException)
            {
                PutBack(batch);
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        try
        {
            Flush();
        }
        catch (SqliteException error)
        {
            StorageLog.WriteFailed(_log, error.Message);
        }

        _statements.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var pause = _options.FlushInterval;
        try
        {
            while (true)
            {
                await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(false);
                pause = TryFlush(pause);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed: the last flush follows there.
        }
    }

    private TimeSpan TryFlush(TimeSpan pause)
    {
        try
        {
            Flush();
            if (pause > _options.FlushInterval)
                StorageLog.WriteRecovered(_log);
            return _options.FlushInterval;
        }
        catch (SqliteException error)
        {
            lock (_sync)
                _failures++;
            if (pause == _options.FlushInterval)
                StorageLog.WriteFailed(_log, error.Message);
            return pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private void Write(IReadOnlyCollection<StoreWrite> batch)
    {
        using var transaction = _connection.BeginTransaction();
        _statements.Transaction = transaction;
        foreach (var write in batch.Where(write => write is not RowLimit))
            write.Apply(_statements);
        foreach (var limit in batch.OfType<RowLimit>())
            limit.Apply(_statements);
        transaction.Commit();
        lock (_sync)
            _written += batch.Count;
    }

    private void PutBack(Dictionary<(string Table, string Row), StoreWrite> batch)
    {
        lock (_sync)
        {
            foreach (var (key, write) in batch)
            {
                // What was queued meanwhile is newer.
                if (_pending.Count < _options.MaxPendingWrites)
                    _pending.TryAdd(key, write);
                else
                    _dropped++;
            }
        }
    }
}
