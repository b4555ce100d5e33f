using System.Runtime.InteropServices;

namespace PeerNet.Identity.Primitives;

/// <summary>The native libsodium that NSec brings along, called directly where NSec's types cost more than the cipher.</summary>
internal static partial class Sodium
{
    public const string Library = "libsodium";

    /// <summary>
    /// Lets libsodium choose the code for this processor. Idempotent; the type initialiser runs it once, so a later call costs a check.
    /// </summary>
    public static void Initialize() => _ = Initialized.Result;

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int NativeInitialize();

    private static class Initialized
    {
        public static readonly int Result = NativeInitialize();
    }
}
