namespace PeerNet.Testing.Interop;

/// <summary>Where programs of other stacks lie: the folder that <see cref="Variable"/> names, then what <c>make interop-peers</c> built.</summary>
public static class PeersFolder
{
    /// <summary>The environment variable that names the folder with <c>bin/</c>, <c>hivemind/wheels/</c> and so on.</summary>
    public const string Variable = "PEERNET_INTEROP_PEERS";

    /// <summary>The full path of a program built from <c>interop/</c>.</summary>
    /// <exception cref="PeerAbsentException">It is in neither place.</exception>
    public static string Program(string name)
    {
        var built = Path.Combine(TestData.RepositoryRoot, "artifacts", "interop", "bin", name);
        if (Given is { } folder && Path.Combine(folder, "bin", name) is var given && File.Exists(given))
            return given;
        return File.Exists(built)
            ? built
            : throw new PeerAbsentException($"no {name}: `make interop-peers` builds it, or {Variable} names a folder with bin/{name}");
    }

    /// <summary>The full path of a file or folder that only the named folder can have.</summary>
    /// <exception cref="PeerAbsentException">The variable is not set, or nothing of that name is there.</exception>
    public static string Require(params ReadOnlySpan<string> parts)
    {
        var name = Path.Combine(parts);
        if (Given is not { } folder)
            throw new PeerAbsentException($"{Variable} is not set: it names the folder with {name}");
        var path = Path.Combine(folder, name);
        return Path.Exists(path) ? path : throw new PeerAbsentException($"no {name} in {Variable}");
    }

    private static string? Given => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder
        ? Path.GetFullPath(folder, TestData.RepositoryRoot)
        : null;
}
