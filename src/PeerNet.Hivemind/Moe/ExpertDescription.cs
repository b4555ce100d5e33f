using System.Diagnostics.CodeAnalysis;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Tensors;

namespace PeerNet.Hivemind.Moe;

/// <summary>What a server tells of an expert: the structure of what goes in and of what comes out, with a descriptor for each tensor.</summary>
/// <param name="ForwardSchema">The arguments: a tuple of positional ones and a map of named ones.</param>
/// <param name="OutputsSchema">What comes out: a descriptor, or any nesting of tuples, lists and maps of them.</param>
/// <param name="KeywordNames">The names of the named arguments, in their order.</param>
public sealed record ExpertDescription(HivemindValue ForwardSchema, HivemindValue OutputsSchema, IReadOnlyList<string> KeywordNames)
{
    /// <summary>Describes an expert with positional arguments alone.</summary>
    /// <param name="inputs">Its arguments.</param>
    /// <param name="output">What comes out.</param>
    public static ExpertDescription Of(IEnumerable<BatchTensorDescriptor> inputs, BatchTensorDescriptor output)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(output);
        return new ExpertDescription(
            HivemindValue.Tuple(new TupleValue([.. inputs.Select(input => input.ToValue())]), HivemindValue.Map()), output.ToValue(), []);
    }

    /// <summary>The tensors that go in, in the order in which they are sent.</summary>
    public IReadOnlyList<BatchTensorDescriptor> Inputs => Flatten(ForwardSchema);

    /// <summary>The tensors that come out, in the order in which they are sent.</summary>
    public IReadOnlyList<BatchTensorDescriptor> Outputs => Flatten(OutputsSchema);

    internal byte[] Encode() => HivemindValue.Map(
        ("forward_schema", ForwardSchema),
        ("outputs_schema", OutputsSchema),
        ("keyword_names", new TupleValue([.. KeywordNames.Select(name => (HivemindValue)name)]))).ToBytes();

    internal static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ExpertDescription? description)
    {
        description = null;
        if (!ValueReader.TryRead(bytes, out var value) || value is not MapValue map || map["forward_schema"] is not { } forward || map["outputs_schema"] is not { } outputs)
            return false;
        var names = map["keyword_names"] switch
        {
            TupleValue tuple => tuple.Items,
            ListValue list => list.Items,
            _ => [],
        };
        description = new ExpertDescription(forward, outputs, [.. names.OfType<TextValue>().Select(name => name.Value)]);
        return names.All(name => name is TextValue);
    }

    // As Hivemind flattens: sequences in their order, maps in the order of their keys. The reader has bounded the depth.
    private static List<BatchTensorDescriptor> Flatten(HivemindValue value)
    {
        var found = new List<BatchTensorDescriptor>();
        Collect(value, found);
        return found;
    }

    private static void Collect(HivemindValue value, List<BatchTensorDescriptor> found)
    {
        IEnumerable<HivemindValue> parts = value switch
        {
            TupleValue tuple => tuple.Items,
            ListValue list => list.Items,
            MapValue map => map.Entries.OrderBy(entry => entry.Key.ToString(), StringComparer.Ordinal).Select(entry => entry.Value),
            _ => [],
        };
        foreach (var part in parts)
            Collect(part, found);
        if (BatchTensorDescriptor.TryRead(value, out var descriptor))
            found.Add(descriptor);
    }
}
