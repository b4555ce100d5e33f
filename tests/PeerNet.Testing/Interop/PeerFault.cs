namespace PeerNet.Testing.Interop;

/// <summary>
/// What a released peer gets wrong: a scenario that meets it expects it by name. It is a value, so that it shows up in the matrix instead of
/// hiding in a test.
/// </summary>
/// <param name="Kind">Whose fault.</param>
/// <param name="Version">The library and version that were seen with it.</param>
/// <param name="Description">What happens, in a sentence.</param>
public sealed record PeerFault(PeerKind Kind, string Version, string Description)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Version}: {Description}";
}
