using System.Text.Json;

namespace PeerNet.Testing.Interop;

/// <summary>One run of a scenario: the peers, the stack between them, and the test's cancellation.</summary>
public sealed record ScenarioRun(PeerProcess A, PeerProcess B, ProtocolStack Stack, CancellationToken Cancellation)
{
    /// <summary>Where B listens with this stack.</summary>
    public string AddressOfB => B.AddressFor(Stack);

    /// <summary>A command to A.</summary>
    public Task<JsonElement> CallA(string command, object? arguments = null) => A.CallAsync(command, arguments, cancellation: Cancellation);

    /// <summary>A command to B.</summary>
    public Task<JsonElement> CallB(string command, object? arguments = null) => B.CallAsync(command, arguments, cancellation: Cancellation);

    /// <summary>A dials B; the connection as A sees it.</summary>
    public Task<JsonElement> DialAsync() => CallA("dial", new { addr = AddressOfB });
}
