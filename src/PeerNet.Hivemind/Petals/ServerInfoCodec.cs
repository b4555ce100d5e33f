using System.Diagnostics.CodeAnalysis;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Petals;

/// <summary>
/// Announcements of servers:
/// <code>
/// tuple ( state, throughput, { "start_block": ..., ..., "next_pings": { peer id: seconds } } )
/// </code>
/// What is read and what is refused follows the reader of Petals: any sequence of two elements and more, unknown keys ignored, numbers by
/// their kind, texts and truth values leniently.
/// </summary>
internal static class ServerInfoCodec
{
    public static TupleValue Encode(ServerInfo info) => HivemindValue.Tuple((int)info.State, info.Throughput, HivemindValue.Map(
        ("start_block", Integer(info.StartBlock)),
        ("end_block", Integer(info.EndBlock)),
        ("public_name", Text(info.PublicName)),
        ("version", Text(info.Version)),
        ("network_rps", Number(info.NetworkRps)),
        ("forward_rps", Number(info.ForwardRps)),
        ("inference_rps", Number(info.InferenceRps)),
        ("adapters", new TupleValue([.. info.Adapters.Select(name => (HivemindValue)name)])),
        ("torch_dtype", Text(info.TorchDtype)),
        ("quant_type", Text(info.QuantType)),
        ("using_relay", info.UsingRelay is { } relay ? (HivemindValue)relay : HivemindValue.Nil),
        ("cache_tokens_left", Integer(info.CacheTokensLeft)),
        ("next_pings", Pings(info.NextPings))));

    /// <summary>Reads an announcement; false for what Petals would skip, or what is beyond the limits.</summary>
    public static bool TryDecode(HivemindValue value, [NotNullWhen(true)] out ServerInfo? info)
    {
        info = null;
        var items = value switch
        {
            TupleValue tuple => tuple.Items,
            ListValue list => list.Items,
            _ => [],
        };
        if (items.Count < 2 || !TryState(items[0], out var state) || !TryRate(items[1], out var throughput))
            return false;
        if (items.Count == 2)
        {
            info = new ServerInfo { State = state, Throughput = throughput };
            return true;
        }

        if (items[2] is not MapValue extra || extra.Entries.Any(entry => entry.Key is not TextValue { Value: not ("state" or "throughput") }))
            return false;
        var fields = new FieldReader(extra);
        var read = new ServerInfo
        {
            State = state,
            Throughput = throughput,
            StartBlock = fields.Integer("start_block"),
            EndBlock = fields.Integer("end_block"),
            PublicName = fields.Text("public_name"),
            Version = fields.Text("version"),
            NetworkRps = fields.Rate("network_rps"),
            ForwardRps = fields.Rate("forward_rps"),
            InferenceRps = fields.Rate("inference_rps"),
            Adapters = fields.Texts("adapters"),
            TorchDtype = fields.Text("torch_dtype"),
            QuantType = fields.Text("quant_type"),
            UsingRelay = fields.Flag("using_relay"),
            CacheTokensLeft = fields.Integer("cache_tokens_left"),
            NextPings = fields.Pings("next_pings"),
        };
        info = fields.IsGood ? read : null;
        return info is not null;
    }

    private static HivemindValue Integer(int? number) => number is { } some ? some : HivemindValue.Nil;

    private static HivemindValue Number(double? number) => number is { } some ? some : HivemindValue.Nil;

    private static HivemindValue Text(string? text) => text is null ? HivemindValue.Nil : text;

    private static HivemindValue Pings(IReadOnlyDictionary<string, double>? pings)
        => pings is null ? HivemindValue.Nil : new MapValue([.. pings.Select(ping => KeyValuePair.Create((HivemindValue)ping.Key, (HivemindValue)ping.Value))]);

    private static bool TryState(HivemindValue value, out ServerState state)
    {
        var number = value switch
        {
            IntegerValue integer => (double)integer.Value,
            FloatValue whole => whole.Value,
            BooleanValue flag => flag.Value ? 1 : 0,
            _ => -1,
        };
        state = number is 0 or 1 or 2 ? (ServerState)(int)number : default;
        return number is 0 or 1 or 2;
    }

    private static bool TryRate(HivemindValue value, out double rate)
    {
        rate = value is FloatValue number ? number.Value : -1;
        return double.IsFinite(rate) && rate >= 0;
    }

    /// <summary>Reads optional fields; one that is wrong makes the whole announcement wrong.</summary>
    private sealed class FieldReader(MapValue map)
    {
        public bool IsGood { get; private set; } = true;

        // Numbers beyond an int are cut to it: a span is cut to its model's blocks anyway.
        public int? Integer(string key) => map[key] switch
        {
            null or NilValue => null,
            IntegerValue number when number.Value >= 0 => (int)Int128.Min(number.Value, int.MaxValue),
            _ => Refuse<int?>(),
        };

        public double? Rate(string key) => map[key] switch
        {
            null or NilValue => null,
            var value when TryRate(value, out var rate) => rate,
            _ => Refuse<double?>(),
        };

        public string? Text(string key) => map[key] is { } value and not NilValue ? TextOf(value) : null;

        public bool? Flag(string key) => map[key] switch
        {
            null or NilValue => null,
            BooleanValue flag => flag.Value,
            IntegerValue number when number.IsWithin(0, 1, out var bit) => bit == 1,
            FloatValue { Value: 0 or 1 } number => number.Value == 1,
            TextValue { Value: var text } when text.ToUpperInvariant() is "1" or "ON" or "T" or "TRUE" or "Y" or "YES" => true,
            TextValue { Value: var text } when text.ToUpperInvariant() is "0" or "OFF" or "F" or "FALSE" or "N" or "NO" => false,
            _ => Refuse<bool?>(),
        };

        public IReadOnlyList<string> Texts(string key)
        {
            var items = map[key] switch
            {
                null => [],
                TupleValue tuple => tuple.Items,
                ListValue list => list.Items,
                _ => null,
            };
            if (items is null || items.Count > PetalsProtocol.MaxListItems)
                return Refuse<IReadOnlyList<string>>() ?? [];
            return [.. items.Select(item => TextOf(item) ?? "")];
        }

        public Dictionary<string, double>? Pings(string key)
        {
            if (map[key] is null or NilValue)
                return null;
            if (map[key] is not MapValue { Entries.Count: <= PetalsProtocol.MaxListItems } entries)
                return Refuse<Dictionary<string, double>>();
            var pings = new Dictionary<string, double>();
            foreach (var (peer, seconds) in entries.Entries)
            {
                if (seconds is not FloatValue { Value: >= 0 } number)
                    return Refuse<Dictionary<string, double>>();
                pings[TextOf(peer) ?? ""] = number.Value;
            }

            return pings;
        }

        private string? TextOf(HivemindValue value)
        {
            var text = value switch
            {
                TextValue some => some.Value,
                IntegerValue or FloatValue => value.ToString(),
                BytesValue { Value.Length: <= PetalsProtocol.MaxTextLength } bytes => System.Text.Encoding.UTF8.GetString(bytes.Value.Span),
                _ => null,
            };
            return text is { Length: <= PetalsProtocol.MaxTextLength } ? text : Refuse<string>();
        }

        private T? Refuse<T>()
        {
            IsGood = false;
            return default;
        }
    }
}
