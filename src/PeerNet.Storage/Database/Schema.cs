using Microsoft.Data.Sqlite;

namespace PeerNet.Storage.Database;

/// <summary>
/// The tables, as a list of steps: a file knows how many it has taken and takes the rest, each in a transaction of its own. A step that was
/// released is never changed.
/// </summary>
internal static class Schema
{
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE peers (
            peer BLOB PRIMARY KEY, agent TEXT, protocol_version TEXT, protocols TEXT NOT NULL, signed_record BLOB, public_key BLOB,
            tags TEXT NOT NULL, last_connected INTEGER, updated INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX peers_by_update ON peers (updated);
        CREATE TABLE addresses (
            peer BLOB NOT NULL, address BLOB NOT NULL, source INTEGER NOT NULL, expires INTEGER NOT NULL, certified INTEGER NOT NULL, dialed INTEGER,
            PRIMARY KEY (peer, address)) WITHOUT ROWID;
        """,
        """
        CREATE TABLE kad_values (
            network TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, sender BLOB, received INTEGER NOT NULL, publisher BLOB, publisher_expiry INTEGER,
            PRIMARY KEY (network, key)) WITHOUT ROWID;
        CREATE INDEX kad_values_by_age ON kad_values (received);
        CREATE TABLE kad_providers (
            network TEXT NOT NULL, key BLOB NOT NULL, provider BLOB NOT NULL, addresses BLOB NOT NULL, received INTEGER NOT NULL, own INTEGER NOT NULL,
            PRIMARY KEY (network, key, provider)) WITHOUT ROWID;
        CREATE INDEX kad_providers_by_age ON kad_providers (received);
        """,
        """
        CREATE TABLE hivemind_records (
            key BLOB NOT NULL, subkey BLOB NOT NULL, value BLOB NOT NULL, expiration INTEGER NOT NULL, source BLOB,
            PRIMARY KEY (key, subkey)) WITHOUT ROWID;
        CREATE INDEX hivemind_records_by_end ON hivemind_records (expiration);
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>Brings a file up to date.</summary>
    /// <exception cref="StorageException">A newer program wrote the file.</exception>
    public static void Migrate(SqliteConnection connection, string path)
    {
        var version = ReadVersion(connection);
        if (version > Version)
            throw new StorageException($"{path} was written by a newer PeerNet (schema {version}, this one knows {Version}): use that one, or name another data folder.");
        for (; version < Version; version++)
        {
            using var transaction = connection.BeginTransaction();
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"{Steps[version]} PRAGMA user_version = {version + 1};";
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    private static int ReadVersion(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return Convert.ToInt32(command.ExecuteScalar());
    }
}
