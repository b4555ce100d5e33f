using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace PeerNet.Identity.Files;

/// <summary>The two file operations of Unix that the platform library does not offer.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class UnixFile
{
    // The same number on Linux, macOS and the BSDs.
    private const int FileExists = 17;
    private const int ReadOnly = 0;

    /// <summary>Gives a file a second name. False if the name is taken, null where the file system has no links.</summary>
    public static bool? TryLink(string existing, string name)
    {
        if (Link(existing, name) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == FileExists ? false : null;
    }

    /// <summary>Brings a changed name in a folder to the disk. File systems that cannot are passed over: the file itself is safe.</summary>
    public static void SyncFolder(string folder)
    {
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            return;
        _ = Sync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
