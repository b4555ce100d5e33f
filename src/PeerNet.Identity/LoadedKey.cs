namespace PeerNet.Identity;

/// <summary>A private key that came from a file.</summary>
/// <param name="Key">The key; the receiver disposes it.</param>
/// <param name="Format">The form that the file had.</param>
/// <param name="Warning">
/// One line for the operator when other users of the machine can read the file, otherwise null. Access rights are looked at
/// on Unix only; on Windows they are those of the folder.
/// </param>
public sealed record LoadedKey(PrivateKey Key, KeyFileFormat Format, string? Warning);
