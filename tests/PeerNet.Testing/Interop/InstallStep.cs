using System.Diagnostics;

namespace PeerNet.Testing.Interop;

/// <summary>A program that prepares a peer (npm, a setup script): run to its end, its output shown only when it fails.</summary>
internal static class InstallStep
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(8);

    /// <exception cref="PeerAbsentException">It is not installed, failed, or took too long.</exception>
    public static async Task RunAsync(string folder, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        using var process = Start(start);
        process.StandardInput.Close();
        var tail = new LogTail();
        var reading = Task.WhenAll(
            tail.ReadAsync(process.StandardOutput.BaseStream),
            tail.ReadAsync(process.StandardError.BaseStream));
        try
        {
            await process.WaitForExitAsync().WaitAsync(Deadline);
            await reading.WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new PeerAbsentException($"`{program} {string.Join(' ', arguments)}` was not done after {Deadline.TotalMinutes} minutes");
        }

        if (process.ExitCode != 0)
            throw new PeerAbsentException($"`{program} {string.Join(' ', arguments)}` ended with {process.ExitCode}:\n{tail}");
    }

    /// <summary>Whether a program of that name can be started.</summary>
    public static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new PeerAbsentException($"`{start.FileName}` cannot be started: {e.Message}");
        }
    }
}
