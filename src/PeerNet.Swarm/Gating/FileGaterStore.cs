using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using PeerNet.Identity;

namespace PeerNet.Swarm.Gating;

/// <summary>
/// Keeps the gater's rules in a JSON file with four lists. It is written to a file beside it first and then renamed, so that a crash leaves
/// either the old rules or the new ones. Entries that cannot be read are left out: one bad line does not keep a node from starting.
/// </summary>
public sealed class FileGaterStore : IGaterStore
{
    /// <summary>Implementation limit: a hundred thousand peers on both lists take some ten megabytes.</summary>
    private const long MaxFileBytes = 64 * 1024 * 1024;

    private readonly string _path;

    /// <summary>Uses a file, which need not exist yet.</summary>
    public FileGaterStore(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
    }

    /// <summary>Entries of the file that could not be read at the last <see cref="Load"/>.</summary>
    public int UnreadableEntries { get; private set; }

    /// <inheritdoc />
    /// <exception cref="InvalidDataException">The file is no such JSON, or too large. Starting without the rules would let in whom they keep out.</exception>
    public GaterRules Load()
    {
        UnreadableEntries = 0;
        var file = new FileInfo(_path);
        if (!file.Exists)
            return GaterRules.Empty;
        if (file.Length > MaxFileBytes)
            throw new InvalidDataException($"The gater's rules in {_path} are larger than {MaxFileBytes} bytes.");
        GaterFile? read;
        try
        {
            read = JsonSerializer.Deserialize(File.ReadAllBytes(_path), GaterFileContext.Default.GaterFile);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"The gater's rules in {_path} are no JSON of the expected form: {error.Message}", error);
        }

        return read is null
            ? GaterRules.Empty
            : new GaterRules
            {
                DeniedPeers = Peers(read.DeniedPeers),
                DeniedNetworks = Networks(read.DeniedNetworks),
                AllowedPeers = Peers(read.AllowedPeers),
                AllowedNetworks = Networks(read.AllowedNetworks),
            };
    }

    /// <inheritdoc />
    public void Save(GaterRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var file = new GaterFile(
            [.. rules.DeniedPeers.Select(peer => peer.ToString()).Order(StringComparer.Ordinal)],
            [.. rules.DeniedNetworks.Select(network => network.ToString()).Order(StringComparer.Ordinal)],
            [.. rules.AllowedPeers.Select(peer => peer.ToString()).Order(StringComparer.Ordinal)],
            [.. rules.AllowedNetworks.Select(network => network.ToString()).Order(StringComparer.Ordinal)]);
        var folder = Path.GetDirectoryName(Path.GetFullPath(_path));
        if (folder is not null)
            Directory.CreateDirectory(folder);
        var beside = _path + ".new";
        using (var stream = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(stream, file, GaterFileContext.Default.GaterFile);
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, _path, overwrite: true);
    }

    private ImmutableHashSet<PeerId> Peers(IReadOnlyList<string>? texts)
    {
        var peers = ImmutableHashSet.CreateBuilder<PeerId>();
        foreach (var text in (texts ?? []).Take(GaterRules.MaxEntries))
        {
            if (PeerId.TryParse(text, out var peer))
                peers.Add(peer);
            else
                UnreadableEntries++;
        }

        return peers.ToImmutable();
    }

    private ImmutableHashSet<IPNetwork> Networks(IReadOnlyList<string>? texts)
    {
        var networks = ImmutableHashSet.CreateBuilder<IPNetwork>();
        foreach (var text in (texts ?? []).Take(GaterRules.MaxEntries))
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else
                UnreadableEntries++;
        }

        return networks.ToImmutable();
    }
}

/// <summary>The file's form.</summary>
internal sealed record GaterFile(
    IReadOnlyList<string>? DeniedPeers,
    IReadOnlyList<string>? DeniedNetworks,
    IReadOnlyList<string>? AllowedPeers,
    IReadOnlyList<string>? AllowedNetworks);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GaterFile))]
internal sealed partial class GaterFileContext : JsonSerializerContext;
