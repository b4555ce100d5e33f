namespace PeerNet.Testing.Interop.Recipes;

/// <summary>A virtual environment in the cache, made by a peer's <c>setup.sh</c> from the wheels of the peers folder.</summary>
internal static class PythonEnvironment
{
    /// <summary>Prepares the peer of <c>interop/NAME</c>, whose script takes the wheels' folder from a variable.</summary>
    public static async Task<PeerProgram> PrepareAsync(PeerKind kind, string name, string wheelsVariable)
    {
        if (!InstallStep.Has("python3"))
            throw new PeerAbsentException("python3 is not installed");
        var scripts = Path.Combine(TestData.RepositoryRoot, "interop", name);
        var wheels = PeersFolder.Require(name, "wheels");
        var folder = await PeerCache.FolderAsync($"{name}-{PeerCache.Digest(scripts, "setup.sh", "wheels.txt")}", folder => InstallStep.RunAsync(
            folder,
            new Dictionary<string, string> { [wheelsVariable] = wheels, ["PYTHONPYCACHEPREFIX"] = Path.Combine(folder, "pycache") },
            Path.Combine(scripts, "setup.sh"), Path.Combine(folder, "env")));
        return new PeerProgram(kind, Path.Combine(folder, "env", "bin", "python"), Path.Combine(scripts, "peer.py"))
        {
            // Compiled modules belong into the cache, not beside the sources.
            Environment = new Dictionary<string, string> { ["PYTHONPYCACHEPREFIX"] = Path.Combine(folder, "pycache") },
        };
    }
}
