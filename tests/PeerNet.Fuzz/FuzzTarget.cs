using System.Reflection;
using PeerNet.Testing;

namespace PeerNet.Fuzz;

/// <summary>A target found in this assembly, with its corpus.</summary>
public sealed class FuzzTarget
{
    private readonly Run _run;

    private FuzzTarget(string name, Run run)
    {
        Name = name;
        _run = run;
    }

    private delegate void Run(ReadOnlySpan<byte> data);

    /// <summary>Every target, by name.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } = Discover();

    public string Name { get; }

    /// <summary>Folder of the corpus.</summary>
    public string CorpusFolder => TestData.PathOf("corpus", Name);

    public void Fuzz(ReadOnlySpan<byte> data) => _run(data);

    /// <summary>The corpus in order of file name, so that a seed means the same everywhere.</summary>
    public IReadOnlyList<(string File, byte[] Data)> ReadCorpus()
        => Directory.Exists(CorpusFolder)
            ? [.. Directory.GetFiles(CorpusFolder).Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)))]
            : [];

    public override string ToString() => Name;

    private static FuzzTarget[] Discover()
    {
        var create = typeof(FuzzTarget).GetMethod(nameof(Create), BindingFlags.NonPublic | BindingFlags.Static)!;
        return
        [
            .. typeof(FuzzTarget).Assembly.GetTypes()
                .Where(type => type is { IsInterface: false, IsAbstract: false } && type.IsAssignableTo(typeof(IFuzzTarget)))
                .Select(type => (FuzzTarget)create.MakeGenericMethod(type).Invoke(null, null)!)
                .OrderBy(target => target.Name, StringComparer.Ordinal),
        ];
    }

    private static FuzzTarget Create<T>()
        where T : IFuzzTarget
        => new(T.Name, T.Fuzz);
}
