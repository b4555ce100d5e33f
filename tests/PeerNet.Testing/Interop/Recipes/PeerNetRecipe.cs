namespace PeerNet.Testing.Interop.Recipes;

/// <summary>Our own control peer: the single file of <c>make interop-peer</c> or the build's output, whichever is newer.</summary>
internal static class PeerNetRecipe
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    public static PeerProgram Find()
    {
        var published = Path.Combine(TestData.RepositoryRoot, "artifacts", "peernet-peer");
        var built = Path.Combine(TestData.RepositoryRoot, "interop", "peernet", "bin", Configuration, "net10.0", "peernet-peer.dll");

        // The time of a file that does not exist is in 1601.
        if (File.Exists(published) && File.GetLastWriteTimeUtc(published) > File.GetLastWriteTimeUtc(built))
            return new PeerProgram(PeerKind.PeerNet, published);
        return File.Exists(built)
            ? new PeerProgram(PeerKind.PeerNet, "dotnet", built)
            : throw new PeerAbsentException("neither artifacts/peernet-peer nor interop/peernet is built");
    }
}
