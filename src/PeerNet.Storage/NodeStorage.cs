using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PeerNet.Hivemind.Dht;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Storage.Database;
using PeerNet.Storage.Hivemind;
using PeerNet.Storage.Kad;
using PeerNet.Storage.Peers;
using PeerNet.Swarm.Peers;

namespace PeerNet.Storage;

/// <summary>
/// A node's memory on disk: one SQLite file. Everything lives in memory first; changes are written behind, in batches, and what an earlier run
/// wrote is read in the background, off the start-up path. Disposing writes what waits. Thread-safe.
/// </summary>
public sealed class NodeStorage : IAsyncDisposable
{
    private readonly SqliteConnection _connection;
    private readonly StoreWriter _writer;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _path;
    private readonly StorageOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loading = [];
    private int _disposed;

    private NodeStorage(SqliteConnection connection, string path, StorageOptions options, TimeProvider time, ILogger log)
    {
        _connection = connection;
        _path = path;
        _options = options;
        _log = log;
        _time = time;
        _writer = new StoreWriter(connection, options, time, log);
    }

    /// <summary>What the writer has done.</summary>
    public StorageStatistics Statistics => _writer.Statistics;

    /// <summary>Completes when all that earlier runs wrote has been read; it never faults.</summary>
    public Task Loaded => Task.WhenAll(_loading);

    /// <summary>Opens or makes a database. A damaged file is put aside with a warning.</summary>
    /// <exception cref="StorageException">The file cannot be opened, or was written by a newer program.</exception>
    public static NodeStorage Open(string path, StorageOptions? options = null, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var clock = time ?? TimeProvider.System;
        var log = (loggers ?? NullLoggerFactory.Instance).CreateLogger("PeerNet.Storage");
        return new NodeStorage(DatabaseFile.Open(path, clock, log), path, options ?? StorageOptions.Default, clock, log);
    }

    /// <summary>Fills a peer store with what earlier runs knew, and writes down what changes in it from now on.</summary>
    public void Attach(PeerStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        var table = new PeerTable(_log);
        var journal = store.OpenJournal();
        Load(connection => table.Load(connection, store, _stopping.Token));
        _writer.BeforeFlush(() => table.Follow(store, journal, _writer, _options));
    }

    /// <summary>A store of values of one DHT, by its protocol, over a store in memory that bounds it.</summary>
    public IRecordStore CreateRecordStore(string network, StoreLimits? limits = null)
    {
        var store = new PersistentRecordStore(network, limits ?? StoreLimits.Values, _writer, _options, _log);
        Load(connection => store.Load(connection, _stopping.Token));
        return store;
    }

    /// <summary>A store of provider records of one DHT, by its protocol, over a store in memory that bounds it.</summary>
    public IProviderStore CreateProviderStore(string network, StoreLimits? limits = null)
    {
        var store = new PersistentProviderStore(network, limits ?? StoreLimits.Providers, _writer, _options, _log);
        Load(connection => store.Load(connection, _stopping.Token));
        return store;
    }

    /// <summary>A storage of records of a Hivemind table, over one in memory that bounds it. A node has one: records do not tell swarms apart.</summary>
    /// <param name="node">The node's place: keys near to it are kept when there is no room for all.</param>
    /// <param name="limits">The bounds.</param>
    public IDhtStorage CreateHivemindStorage(DhtId node, DhtStorageOptions? limits = null)
    {
        var storage = new PersistentDhtStorage(node, limits ?? DhtStorageOptions.Default, _writer, _time, _log);
        Load(connection => storage.Load(connection, _stopping.Token));
        return storage;
    }

    /// <summary>Writes what waits, now.</summary>
    public Task FlushAsync() => Task.Run(_writer.Flush);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Loaded.ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Load(Action<SqliteConnection> read) => _loading.Add(Task.Run(() =>
    {
        try
        {
            // A connection of its own: reading a large memory does not hold up the writer.
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
            connection.Open();
            read(connection);
        }
        catch (SqliteException error)
        {
            StorageLog.WriteFailed(_log, error.Message);
        }
    }));
}
