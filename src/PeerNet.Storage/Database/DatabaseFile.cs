using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace PeerNet.Storage.Database;

/// <summary>Opens the database: write-ahead logging, so that readers and the writer do not wait for each other and a killed process leaves it whole.</summary>
internal static class DatabaseFile
{
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    /// <summary>Opens or makes the file and brings its schema up to date. A damaged file is put aside: what it held can be learned again.</summary>
    /// <exception cref="StorageException">The file cannot be opened or written, or is a newer program's.</exception>
    public static SqliteConnection Open(string path, TimeProvider time, ILogger log)
    {
        try
        {
            return OpenOnce(path);
        }
        catch (SqliteException error) when (error.SqliteErrorCode is Corrupt or NotADatabase)
        {
            var aside = $"{path}.damaged-{time.GetUtcNow():yyyyMMddHHmmss}";
            StorageLog.PutAside(log, path, aside, error.Message);
            SqliteConnection.ClearAllPools();
            File.Move(path, aside, overwrite: true);
            File.Delete(path + "-wal");
            File.Delete(path + "-shm");
            return OpenAgain(path);
        }
        catch (SqliteException error)
        {
            throw new StorageException($"{path} cannot be opened: {error.Message}", error);
        }
    }

    private static SqliteConnection OpenAgain(string path)
    {
        try
        {
            return OpenOnce(path);
        }
        catch (SqliteException error)
        {
            throw new StorageException($"{path} cannot be made: {error.Message}", error);
        }
    }

    private static SqliteConnection OpenOnce(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ConnectionString);
        try
        {
            connection.Open();
            using (var command = connection.CreateCommand())
            {
                // NORMAL: a transaction may be lost with the machine's power, never the file.
                command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA quick_check(1);";
                command.ExecuteNonQuery();
            }

            Schema.Migrate(connection, path);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
