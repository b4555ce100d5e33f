using System.Text.Json.Nodes;
using PeerNet.Identity;
using PeerNet.Multiformats;
using Spectre.Console;

namespace PeerNet.Cli.Views;

/// <summary>Writes results: tables for people, or one JSON object per line for programs.</summary>
internal sealed class Report
{
    private readonly TextWriter _output;

    public Report(TextWriter output, bool json)
    {
        _output = output;
        IsJson = json;
    }

    public bool IsJson { get; }

    /// <summary>One result that has named fields.</summary>
    public void Fields(JsonObject fields)
    {
        if (IsJson)
        {
            _output.WriteLine(fields.ToJsonString());
            return;
        }

        var width = fields.Max(field => field.Key.Length);
        foreach (var (name, value) in fields)
        {
            var lines = value is JsonArray list ? list.Select(Text).DefaultIfEmpty("-") : [Text(value)];
            var label = name.PadRight(width);
            foreach (var line in lines)
            {
                _output.WriteLine($"{label}  {line}");
                label = new string(' ', width);
            }
        }
    }

    /// <summary>Rows of the same shape.</summary>
    public void Rows(IReadOnlyList<string> columns, IEnumerable<JsonObject> rows, string nothing)
    {
        if (IsJson)
        {
            foreach (var row in rows)
                _output.WriteLine(row.ToJsonString());
            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Text(column)) { NoWrap = column is "peer" or "id" });
        var any = false;
        foreach (var row in rows)
        {
            table.AddRow(columns.Select(column => new Text(row[column] is JsonArray list ? string.Join('\n', list.Select(Text)) : Text(row[column]))));
            any = true;
        }

        if (any)
            Console(_output).Write(table);
        else
            _output.WriteLine(nothing);
    }

    /// <summary>A line for people; programs have the objects.</summary>
    public void Line(string text)
    {
        if (!IsJson)
            _output.WriteLine(text);
    }

    /// <summary>An object for programs, a line for people.</summary>
    public void Line(JsonObject fields, string text) => _output.WriteLine(IsJson ? fields.ToJsonString() : text);

    /// <summary>Text from peers may hold anything: control characters do not reach the terminal.</summary>
    public static string Clean(string? text)
        => text is null ? "-" : string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));

    /// <summary>An address without the peer at its end, which stands in a column of its own.</summary>
    public static string WithoutPeer(string address)
        => Multiaddress.TryParse(address, out var parsed) ? parsed.WithoutPeerId().ToString() : address;

    private static string Text(JsonNode? value) => value switch
    {
        null => "-",
        JsonValue single when single.TryGetValue<string>(out var text) => Clean(text),
        _ => Clean(value.ToJsonString()),
    };

    private static IAnsiConsole Console(TextWriter output)
    {
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) };
        if (!ReferenceEquals(output, System.Console.Out) || System.Console.IsOutputRedirected)
        {
            settings.Ansi = AnsiSupport.No;
            settings.ColorSystem = ColorSystemSupport.NoColors;
        }

        var console = AnsiConsole.Create(settings);
        if (settings.Ansi == AnsiSupport.No)
            console.Profile.Width = 240;
        return console;
    }
}
