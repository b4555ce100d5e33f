using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PeerNet.UnitTests.Architecture;

/// <summary>Arrows point down only: what each project may see is written here, and nothing else compiles into a floor.</summary>
[TestClass]
public sealed partial class ArrowTests
{
    /// <summary>Project, then the projects and packages that it may name itself. Adding an arrow is a decision: explain it in src/README.md.</summary>
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> Allowed = new()
    {
        ["PeerNet.Multiformats"] = ([], []),
        ["PeerNet.Identity"] = (["PeerNet.Multiformats"], ["NSec.Cryptography", "BouncyCastle.Cryptography"]),
        ["PeerNet.Core"] = (["PeerNet.Identity"], ["Microsoft.Extensions.Logging.Abstractions"]),
        ["PeerNet.Quic"] = (["PeerNet.Core"], []),
        ["PeerNet.Connections"] = (["PeerNet.Core", "PeerNet.Quic"], ["DnsClient"]),
        ["PeerNet.Swarm"] = (["PeerNet.Core"], []),
        ["PeerNet.Protocols"] = (["PeerNet.Swarm"], ["Google.Protobuf", "Grpc.Tools"]),
        ["PeerNet.Selection"] = (["PeerNet.Identity"], []),
        ["PeerNet.Hivemind"] = (["PeerNet.Swarm", "PeerNet.Selection"], ["Google.Protobuf", "Grpc.Tools", "MessagePack"]),
        ["PeerNet.Discovery"] = (["PeerNet.Protocols", "PeerNet.Selection"], []),
        ["PeerNet.Storage"] = (["PeerNet.Core", "PeerNet.Swarm", "PeerNet.Protocols", "PeerNet.Hivemind", "PeerNet.Selection", "PeerNet.Discovery"], ["Microsoft.Data.Sqlite"]),
        ["PeerNet"] = (["PeerNet.Connections", "PeerNet.Protocols", "PeerNet.Hivemind", "PeerNet.Discovery", "PeerNet.Storage"],
            ["Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Options", "Microsoft.Extensions.Configuration.Binder", "Microsoft.Extensions.DependencyInjection.Abstractions"]),
        ["PeerNet.AspNetCore"] = (["PeerNet"], ["OpenTelemetry.Extensions.Hosting", "OpenTelemetry.Exporter.Prometheus.AspNetCore"]),
        ["PeerNet.Simulation"] = (["PeerNet"], []),
        ["PeerNet.Cli"] = (["PeerNet", "PeerNet.AspNetCore", "PeerNet.Simulation"],
            ["System.CommandLine", "Spectre.Console", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging.Console", "Microsoft.Extensions.Configuration.Json", "Microsoft.Extensions.Configuration.EnvironmentVariables"]),
    };

    /// <summary>On every project, put there by Directory.Build.props.</summary>
    private static readonly string[] Everywhere = ["Microsoft.CodeAnalysis.BannedApiAnalyzers"];

    [TestMethod]
    public void Every_project_names_only_the_projects_and_packages_it_may_see()
    {
        foreach (var path in Sources.Projects)
        {
            var name = Path.GetFileNameWithoutExtension(path);
            Assert.IsTrue(Allowed.TryGetValue(name, out var allowed), $"{name} is a new project: say here what it may see.");
            var project = XDocument.Load(path);
            var references = project.Descendants("ProjectReference").Select(e => Path.GetFileNameWithoutExtension((string)e.Attribute("Include")!)).Except(allowed.Projects);
            var packages = project.Descendants("PackageReference").Select(e => (string)e.Attribute("Include")!).Except(allowed.Packages).Except(Everywhere);
            Assert.AreEqual("", string.Join(", ", references), $"{name} references projects it may not see.");
            Assert.AreEqual("", string.Join(", ", packages), $"{name} references packages it may not see.");
        }
    }

    [TestMethod]
    public void Protocol_folders_do_not_see_each_other()
    {
        var root = Path.Combine(Sources.SourceFolder, "PeerNet.Protocols");
        if (!Directory.Exists(root))
            Assert.Inconclusive("There are no protocols yet.");
        var folders = Directory.GetDirectories(root).Select(Path.GetFileName).Where(f => f is not ("bin" or "obj")).ToHashSet();
        foreach (var file in Sources.CSharpFiles(root))
        {
            var own = Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)[0];
            foreach (Match match in ProtocolNamespace().Matches(File.ReadAllText(file)))
            {
                var other = match.Groups[1].Value;
                if (other != own && other != "Wire" && folders.Contains(other))
                    Assert.Fail($"{Sources.Relative(file)} sees PeerNet.Protocols.{other}: siblings meet through the swarm, not directly.");
            }
        }
    }

    [TestMethod]
    public void Only_the_connections_floor_opens_sockets()
    {
        foreach (var file in Sources.Files.Where(f => !MayOpenSockets(Sources.Relative(f))))
            Assert.IsFalse(SocketUse().IsMatch(File.ReadAllText(file)), $"{Sources.Relative(file)} makes a socket: that belongs to PeerNet.Connections.");
    }

    private static bool MayOpenSockets(string path)
        => path.StartsWith("src/PeerNet.Connections/", StringComparison.Ordinal)
            || path.StartsWith("src/PeerNet.Cli/", StringComparison.Ordinal)
            || path.StartsWith("src/PeerNet/Control/", StringComparison.Ordinal);

    [GeneratedRegex(@"PeerNet\.Protocols\.(\w+)")]
    private static partial Regex ProtocolNamespace();

    [GeneratedRegex(@"new\s+(Socket|TcpClient|TcpListener|UdpClient)\s*\(")]
    private static partial Regex SocketUse();
}
