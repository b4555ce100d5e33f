namespace PeerNet.Testing;

/// <summary>Finds the repository's <c>testdata</c> folder from wherever the tests run.</summary>
public static class TestData
{
    private static readonly Lazy<string> RootFolder = new(FindRoot);

    /// <summary>The repository's top folder.</summary>
    public static string RepositoryRoot => RootFolder.Value;

    /// <summary>Full path of a file under <c>testdata</c>.</summary>
    public static string PathOf(params ReadOnlySpan<string> parts)
        => Path.Combine([RepositoryRoot, "testdata", .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PeerNet.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No PeerNet.sln above {AppContext.BaseDirectory}.");
    }
}
