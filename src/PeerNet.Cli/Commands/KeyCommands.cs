using System.CommandLine;
using System.Text.Json.Nodes;
using PeerNet.Identity;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet key …</c>: makes, shows and converts key files. Needs no node.</summary>
internal static class KeyCommands
{
    public static Command Create(CliContext context)
    {
        var command = new Command("key", "Make, show and convert private key files.");
        command.Subcommands.Add(Generate(context));
        command.Subcommands.Add(Show(context));
        command.Subcommands.Add(Convert(context));
        return command;
    }

    private static Command Generate(CliContext context)
    {
        var file = new Argument<string>("file") { Description = "The file to write." };
        var type = new Option<KeyType>("--type") { Description = "Kind of key.", DefaultValueFactory = _ => KeyType.Ed25519 };
        var bits = new Option<int>("--bits") { Description = "Size of an RSA key, 2048 to 8192.", DefaultValueFactory = _ => 2048 };
        bits.Validators.Add(result =>
        {
            if (result.GetValue(bits) is < 2048 or > 8192)
                result.AddError("--bits takes a number from 2048 to 8192.");
        });
        var format = FormatOption();
        var command = new Command("generate", "Make a new key. An existing file is never replaced.") { file, type, bits, format };
        command.SetAction(parsed =>
        {
            using var key = PrivateKey.Generate(parsed.GetValue(type), parsed.GetValue(bits));
            var path = parsed.GetValue(file)!;
            KeyFile.Save(path, key, parsed.GetValue(format));
            context.ReportOf(parsed).Line(Describe(key, path, parsed.GetValue(format)), $"Made a {key.Type} key in {path}: {key.PeerId}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Show(CliContext context)
    {
        var file = new Argument<string>("file") { Description = "A key file in any known form." };
        var command = new Command("show", "Show the peer id and public key of a key file.") { file };
        command.SetAction(parsed =>
        {
            var loaded = KeyFile.Load(parsed.GetValue(file)!);
            using var key = loaded.Key;
            var fields = Describe(key, parsed.GetValue(file)!, loaded.Format);
            fields["cid"] = key.PeerId.ToCid();
            fields["publicKey"] = System.Convert.ToHexStringLower(key.PublicKey.Encoded.Span);
            context.ReportOf(parsed).Fields(fields);
            Warn(context, loaded);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Convert(CliContext context)
    {
        var from = new Argument<string>("from") { Description = "A key file in any known form: PeerNet's, Kubo's export or config, Hivemind's identity, PEM." };
        var to = new Argument<string>("to") { Description = "The file to write." };
        var format = FormatOption();
        var replace = new Option<bool>("--replace") { Description = "Replace an existing file; the key in it is gone then." };
        var command = new Command("convert", "Copy a key into another form: imports what other nodes wrote, exports what they read.") { from, to, format, replace };
        command.SetAction(parsed =>
        {
            var loaded = KeyFile.Load(parsed.GetValue(from)!);
            using var key = loaded.Key;
            KeyFile.Save(parsed.GetValue(to)!, key, parsed.GetValue(format), parsed.GetValue(replace));
            context.ReportOf(parsed).Line(Describe(key, parsed.GetValue(to)!, parsed.GetValue(format)), $"Wrote {key.PeerId} to {parsed.GetValue(to)} ({parsed.GetValue(format)}).");
            Warn(context, loaded);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Option<KeyFileFormat> FormatOption()
    {
        var format = new Option<KeyFileFormat>("--format") { Description = "Form of the file that is written.", DefaultValueFactory = _ => KeyFileFormat.Protobuf };
        format.Validators.Add(result =>
        {
            if (result.GetValue(format) == KeyFileFormat.KuboConfig)
                result.AddError("--format KuboConfig can only be read; write Protobuf, Base64 or PemPkcs8.");
        });
        return format;
    }

    private static JsonObject Describe(PrivateKey key, string file, KeyFileFormat format) => new()
    {
        ["peerId"] = key.PeerId.ToString(),
        ["keyType"] = key.Type.ToString(),
        ["file"] = file,
        ["format"] = format.ToString(),
    };

    private static void Warn(CliContext context, LoadedKey loaded)
    {
        if (loaded.Warning is not null)
            context.Error.WriteLine($"peernet: warning: {loaded.Warning}");
    }
}
