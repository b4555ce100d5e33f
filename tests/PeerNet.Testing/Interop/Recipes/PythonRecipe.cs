namespace PeerNet.Testing.Interop.Recipes;

/// <summary>py-libp2p.</summary>
internal static class PythonRecipe
{
    public static Task<PeerProgram> PrepareAsync() => PythonEnvironment.PrepareAsync(PeerKind.Python, "python", "PYLIBP2P_WHEELS");
}
