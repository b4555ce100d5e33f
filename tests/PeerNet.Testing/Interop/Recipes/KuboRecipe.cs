namespace PeerNet.Testing.Interop.Recipes;

/// <summary>kubo: the archive of the peers folder, unpacked once; scripts of <c>interop/kubo</c> start it.</summary>
internal static class KuboRecipe
{
    public static async Task<PeerProgram> PrepareAsync()
    {
        foreach (var tool in (string[])["python3", "xz", "bash"])
        {
            if (!InstallStep.Has(tool))
                throw new PeerAbsentException($"{tool} is not installed");
        }

        var scripts = Path.Combine(TestData.RepositoryRoot, "interop", "kubo");
        var archive = PeersFolder.Require("bin", "ipfs.xz");
        var name = "kubo-" + PeerCache.Digest(Path.GetDirectoryName(archive)!, Path.GetFileName(archive));
        var folder = await PeerCache.FolderAsync(name, folder => InstallStep.RunAsync(
            folder,
            new Dictionary<string, string> { ["KUBO_ARCHIVE"] = archive },
            Path.Combine(scripts, "kubo.sh"), "unpack", folder));
        return new PeerProgram(PeerKind.Kubo, "python3", Path.Combine(scripts, "peer.py"))
        {
            Environment = new Dictionary<string, string> { ["KUBO_DIR"] = folder },
        };
    }
}
