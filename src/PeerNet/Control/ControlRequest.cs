using System.Text.Json;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Control;

/// <summary>One command: an object with <c>id</c>, <c>cmd</c>, optionally <c>timeout</c> in milliseconds, and the command's own arguments.</summary>
internal sealed class ControlRequest
{
    /// <summary>The longest that a command may ask to run.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private readonly JsonElement _arguments;

    private ControlRequest(JsonElement arguments, string command, JsonElement? id, TimeSpan timeout)
    {
        _arguments = arguments;
        Command = command;
        Id = id;
        Timeout = timeout;
    }

    /// <summary>The command's name.</summary>
    public string Command { get; }

    /// <summary>Repeated in the reply; any JSON value.</summary>
    public JsonElement? Id { get; }

    /// <summary>The longest that the command may run.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Reads a line.</summary>
    /// <exception cref="ControlException">The line is no command.</exception>
    public static ControlRequest Parse(string line)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 32 });
            root = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new ControlException(ControlErrors.InvalidParameters, $"not a JSON object: {error.Message}");
        }

        if (root.ValueKind != JsonValueKind.Object)
            throw new ControlException(ControlErrors.InvalidParameters, "a command is a JSON object with \"id\" and \"cmd\"");
        JsonElement? id = root.TryGetProperty("id", out var value) ? value : null;
        if (!root.TryGetProperty("cmd", out var command) || command.ValueKind != JsonValueKind.String)
            throw new ControlException(ControlErrors.InvalidParameters, "\"cmd\" is missing", id);
        var timeout = DefaultTimeout;
        if (root.TryGetProperty("timeout", out var milliseconds) && milliseconds.TryGetDouble(out var ms) && ms > 0)
            timeout = ms >= MaxTimeout.TotalMilliseconds ? MaxTimeout : TimeSpan.FromMilliseconds(ms);
        return new ControlRequest(root, command.GetString()!, id, timeout);
    }

    /// <summary>The whole command, arguments and all.</summary>
    public JsonElement Arguments => _arguments;

    /// <summary>Whether an argument was given.</summary>
    public bool Has(string name) => _arguments.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A text argument, or null.</summary>
    public string? Text(string name)
    {
        if (!_arguments.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
    }

    /// <summary>A text argument that must be there.</summary>
    public string RequiredText(string name) => Text(name) ?? throw Missing(name);

    /// <summary>A whole number, or <paramref name="fallback"/>.</summary>
    public long Number(string name, long fallback, long minimum = 0, long maximum = long.MaxValue)
    {
        if (!Has(name))
            return fallback;
        var value = _arguments.GetProperty(name);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || number != Math.Floor(number))
            throw new ControlException(ControlErrors.InvalidParameters, $"\"{name}\" is not a whole number");
        if (number < minimum || number > maximum)
            throw new ControlException(ControlErrors.InvalidParameters, $"\"{name}\" is not from {minimum} to {maximum}");
        return (long)number;
    }

    /// <summary>Yes or no.</summary>
    public bool Flag(string name, bool fallback = false)
        => _arguments.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.True : fallback;

    /// <summary>A list of texts; a single text is a list of one.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (!_arguments.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return [];
        if (value.ValueKind == JsonValueKind.String)
            return [value.GetString()!];
        if (value.ValueKind != JsonValueKind.Array)
            throw new ControlException(ControlErrors.InvalidParameters, $"\"{name}\" is not a list");
        return [.. value.EnumerateArray().Select(item => item.GetString() ?? throw Missing(name))];
    }

    /// <summary>A peer id, or an address that ends in one.</summary>
    public (PeerId Peer, Multiaddress? Address) Peer(string name = "peer")
    {
        var text = (Text(name) ?? Text("addr") ?? throw Missing(name)).Trim();
        if (!text.StartsWith('/'))
            return (PeerId.TryParse(text, out var id) ? id : throw new ControlException(ControlErrors.InvalidParameters, $"\"{text}\" is not a peer id"), null);
        var address = Address(text);
        return address.TryGetPeerId(out var peer)
            ? (peer!, address)
            : throw new ControlException(ControlErrors.InvalidParameters, $"{text} has no /p2p part");
    }

    /// <summary>Parses an address, or says in one line what is wrong with it.</summary>
    public static Multiaddress Address(string text)
        => Multiaddress.TryParse(text.Trim(), out var address, out string? error)
            ? address
            : throw new ControlException(ControlErrors.InvalidParameters, error);

    /// <summary>Bytes from <c>hex</c>, <c>text</c> or <c>size</c> random bytes.</summary>
    public byte[] Payload(int defaultSize = 32)
    {
        if (Text("hex") is { } hex)
        {
            try
            {
                return Convert.FromHexString(hex);
            }
            catch (FormatException)
            {
                throw new ControlException(ControlErrors.InvalidParameters, "\"hex\" is not hexadecimal");
            }
        }

        if (Text("text") is { } text)
            return System.Text.Encoding.UTF8.GetBytes(text);
        var bytes = new byte[Number("size", defaultSize, 0, 1 << 30)];
        System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
        return bytes;
    }

    private static ControlException Missing(string name) => new(ControlErrors.InvalidParameters, $"\"{name}\" is missing");
}
