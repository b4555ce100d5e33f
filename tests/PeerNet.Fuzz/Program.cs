using System.Globalization;
using PeerNet.Fuzz;
using SharpFuzz;

const string Usage = "usage: PeerNet.Fuzz TARGET [--iterations N] [--seed S] | TARGET --replay FILE | TARGET --sharpfuzz | --list";

if (args is ["--list"])
{
    foreach (var known in FuzzTarget.All)
        Console.WriteLine(known);
    return 0;
}

if (args.Length == 0 || FuzzTarget.All.FirstOrDefault(known => known.Name == args[0]) is not { } target)
    return Fail(Usage + Environment.NewLine + "targets: " + string.Join(' ', FuzzTarget.All));

switch (args[1..])
{
    case ["--sharpfuzz"]:
        Fuzzer.LibFuzzer.Run(target.Fuzz);
        return 0;
    case ["--replay", var file]:
        target.Fuzz(File.ReadAllBytes(file));
        Console.WriteLine($"{target}: {file} passes");
        return 0;
}

var iterations = 100_000;
var seed = 1;
for (var i = 1; i < args.Length; i += 2)
{
    if (i + 1 == args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        return Fail(Usage);
    if (args[i] == "--iterations")
        iterations = number;
    else if (args[i] == "--seed")
        seed = number;
    else
        return Fail(Usage);
}

try
{
    foreach (var (file, data) in target.ReadCorpus())
    {
        Console.WriteLine($"{target}: {file}");
        target.Fuzz(data);
    }

    FuzzRun.Execute(target, iterations, seed);
}
catch (Exception e) when (e is FuzzFindingException or InvalidOperationException)
{
    return Fail(e.Message);
}

Console.WriteLine($"{target}: {iterations} iterations of seed {seed} pass");
return 0;

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}
