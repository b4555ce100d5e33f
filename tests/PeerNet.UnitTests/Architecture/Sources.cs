using PeerNet.Testing;

namespace PeerNet.UnitTests.Architecture;

/// <summary>The repository's own source files, as the architecture tests read them.</summary>
internal static class Sources
{
    public static string SourceFolder { get; } = Path.Combine(TestData.RepositoryRoot, "src");

    public static IEnumerable<string> Projects => Directory.EnumerateFiles(SourceFolder, "*.csproj", SearchOption.AllDirectories).Order();

    /// <summary>Hand-written C# files under <c>src</c>, without build output.</summary>
    public static IEnumerable<string> Files => CSharpFiles(SourceFolder);

    public static IEnumerable<string> CSharpFiles(string folder)
        => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Where(IsHandWritten).Order();

    public static string Relative(string path) => Path.GetRelativePath(TestData.RepositoryRoot, path).Replace('\\', '/');

    private static bool IsHandWritten(string path)
        => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            && !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
}
