namespace PeerNet.Testing.Interop.Recipes;

/// <summary>hivemind and its daemon p2pd; the first time it may install Debian packages (as root).</summary>
internal static class HivemindRecipe
{
    public static Task<PeerProgram> PrepareAsync() => PythonEnvironment.PrepareAsync(PeerKind.Hivemind, "hivemind", "HIVEMIND_WHEELS");
}
