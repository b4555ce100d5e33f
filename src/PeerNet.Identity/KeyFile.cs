using System.Security.Cryptography;
using PeerNet.Identity.Files;

namespace PeerNet.Identity;

/// <summary>
/// Private keys in files. Reading takes every form that other nodes leave behind; writing is atomic and for the owner's
/// eyes only. Calls block; files are tiny and read at start-up.
/// </summary>
/// <remarks>
/// Contract: a process killed at any moment, or a machine that loses power, leaves either the old file or the new one,
/// whole; of two processes that create the same file at once, one wins and both get its key.
/// </remarks>
public static class KeyFile
{
    // Implementation limit: a Kubo configuration with hundreds of peerings stays below.
    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>Reads a private key in any known form.</summary>
    /// <exception cref="KeyFileException">The file is missing, unreadable or holds no usable key.</exception>
    public static LoadedKey Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] content = [];
        try
        {
            using var stream = Open(path);
            content = ReadContent(stream, path);
            var (key, format) = KeyFileContent.Read(content, path);
            return new LoadedKey(key, format, DescribeAccess(stream, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException(KeyFileFailure.AccessFailed, path, $"the key file cannot be read: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Reads the key in <paramref name="path"/>, or makes one of the given type and saves it there if there is no file yet.</summary>
    /// <exception cref="KeyFileException">An existing file holds no usable key, or a new one cannot be written.</exception>
    public static LoadedKey LoadOrCreate(string path, KeyType type = KeyType.Ed25519)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
            return Load(path);

        var key = PrivateKey.Generate(type);
        try
        {
            Save(path, key);
            return new LoadedKey(key, KeyFileFormat.Protobuf, Warning: null);
        }
        catch (KeyFileException e)
        {
            key.Dispose();
            if (e.Reason == KeyFileFailure.AlreadyExists)
                return Load(path);
            throw;
        }
    }

    /// <summary>
    /// Writes the key with access for its owner alone (0600; a missing folder is made with 0700). The content is on the
    /// disk when the call returns.
    /// </summary>
    /// <param name="path">The file; a symbolic link is followed.</param>
    /// <param name="key">The key to save.</param>
    /// <param name="format">Any form but <see cref="KeyFileFormat.KuboConfig"/>.</param>
    /// <param name="overwrite">Whether an existing file is replaced; a replaced key is gone.</param>
    /// <exception cref="KeyFileException">The file exists and is not to be replaced, or cannot be written.</exception>
    public static void Save(string path, PrivateKey key, KeyFileFormat format = KeyFileFormat.Protobuf, bool overwrite = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var content = Export(key, format);
        try
        {
            if (!AtomicFile.Write(path, content, overwrite))
                throw new KeyFileException(KeyFileFailure.AlreadyExists, path, "there is a file already, and a key is not replaced unless asked to");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException(KeyFileFailure.AccessFailed, path, $"the key file cannot be written: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Reads a private key that is in memory already, in any known form.</summary>
    /// <param name="content">The bytes of a key file.</param>
    /// <param name="name">What to call them in an error.</param>
    /// <exception cref="KeyFileException">The bytes hold no usable key.</exception>
    public static PrivateKey Import(ReadOnlySpan<byte> content, string name) => KeyFileContent.Read(content, name).Key;

    /// <summary>The bytes of a key file; the caller clears them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The form can only be read.</exception>
    public static byte[] Export(PrivateKey key, KeyFileFormat format)
    {
        ArgumentNullException.ThrowIfNull(key);
        return KeyFileContent.Write(key, format);
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KeyFileException(KeyFileFailure.NotFound, path, "there is no such key file", e);
        }
    }

    /// <summary>The length is not asked for beforehand: the path may name a pipe.</summary>
    private static byte[] ReadContent(FileStream stream, string path)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (stream.Read(buffer.AsSpan(length)) is > 0 and var read)
        {
            length += read;
            if (length < buffer.Length)
                continue;
            if (length > MaxFileBytes)
                throw new KeyFileException(KeyFileFailure.UnknownForm, path, $"a file of more than {MaxFileBytes} bytes is no key file; expected {KeyFileContent.KnownForms}");
            var larger = new byte[2 * buffer.Length];
            buffer.CopyTo(larger, 0);
            CryptographicOperations.ZeroMemory(buffer);
            buffer = larger;
        }

        var content = buffer[..length];
        CryptographicOperations.ZeroMemory(buffer);
        return content;
    }

    private static string? DescribeAccess(FileStream stream, string path)
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (OperatingSystem.IsWindows())
            return null;

        var mode = File.GetUnixFileMode(stream.SafeFileHandle);
        if ((mode & others) == 0)
            return null;
        return $"{path}: the key file has mode {Convert.ToString((int)mode, 8)}, so other users of this machine may read it and take its identity; run chmod 600 on it";
    }
}
