using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Resolution;

/// <summary>
/// Looks names up: TXT records always at name servers (over UDP, and over TCP when an answer is too long for it); host names through the
/// system, which knows its hosts file and local names, unless servers are given in the options.
/// </summary>
public sealed class DnsLookup : IDnsLookup
{
    private readonly Lazy<LookupClient> _client;
    private readonly bool _asksSystem;

    /// <summary>Creates the lookup. The system's name servers are read at the first question.</summary>
    /// <exception cref="FormatException">A server in the options is no address.</exception>
    public DnsLookup(DnsOptions? options = null)
    {
        options ??= new DnsOptions();
        IPEndPoint[] servers = [.. options.Servers.Select(ParseServer)];
        _asksSystem = servers.Length == 0;
        _client = new Lazy<LookupClient>(() => new LookupClient(new LookupClientOptions(servers)
        {
            AutoResolveNameServers = servers.Length == 0,
            Timeout = options.QueryTimeout,
            Retries = 1,
            UseCache = true,
            MaximumCacheTimeout = options.MaxCacheTime,
            UseTcpFallback = true,
            ThrowDnsErrors = false,
        }));
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<IPAddress>> GetAddressesAsync(string host, bool v4, bool v6, CancellationToken token = default)
    {
        if (_asksSystem)
            return await AskSystemAsync(host, v4, v6, token).ConfigureAwait(false);

        // Both questions leave at once; the family that has an answer is enough.
        var questions = new List<Task<IReadOnlyList<DnsResourceRecord>>>(2);
        if (v4)
            questions.Add(AskAsync(host, QueryType.A, token));
        if (v6)
            questions.Add(AskAsync(host, QueryType.AAAA, token));
        await ((Task)Task.WhenAll(questions)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        token.ThrowIfCancellationRequested();
        if (questions.TrueForAll(question => !question.IsCompletedSuccessfully))
            await questions[0].ConfigureAwait(false);
        return [.. questions.Where(question => question.IsCompletedSuccessfully).SelectMany(question => question.Result).OfType<AddressRecord>().Select(record => record.Address)];
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<string>> GetTextsAsync(string name, CancellationToken token = default)
    {
        var records = await AskAsync(name, QueryType.TXT, token).ConfigureAwait(false);
        return [.. records.OfType<TxtRecord>().Select(record => string.Concat(record.Text))];
    }

    private static IPEndPoint ParseServer(string text)
    {
        if (!IPEndPoint.TryParse(text, out var server))
            throw new FormatException($"\"{text}\" is no name server: it takes ADDRESS or ADDRESS:PORT.");
        if (server.Port == 0)
            server.Port = NameServer.DefaultPort;
        return server;
    }

    private static async ValueTask<IReadOnlyList<IPAddress>> AskSystemAsync(string host, bool v4, bool v6, CancellationToken token)
    {
        var family = v4 && v6 ? AddressFamily.Unspecified : v4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        try
        {
            return await Dns.GetHostAddressesAsync(host, family, token).ConfigureAwait(false);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
        {
            return [];
        }
        catch (SocketException error)
        {
            throw new NameResolutionException(NameResolutionFailure.Unavailable, host, error);
        }
        catch (ArgumentException)
        {
            // Longer than any name can be.
            return [];
        }
    }

    private async Task<IReadOnlyList<DnsResourceRecord>> AskAsync(string name, QueryType type, CancellationToken token)
    {
        try
        {
            var response = await _client.Value.QueryAsync(name, type, QueryClass.IN, token).ConfigureAwait(false);
            if (response.HasError && response.Header.ResponseCode is not DnsHeaderResponseCode.NotExistentDomain)
                throw new NameResolutionException(NameResolutionFailure.Unavailable, name);
            return response.Answers;
        }
        catch (DnsResponseException error)
        {
            var reason = error.Code == DnsResponseCode.ConnectionTimeout ? NameResolutionFailure.TimedOut : NameResolutionFailure.Unavailable;
            throw new NameResolutionException(reason, name, error);
        }
        catch (Exception error) when (error is SocketException or InvalidOperationException)
        {
            // No server is configured, or none can be reached.
            throw new NameResolutionException(NameResolutionFailure.Unavailable, name, error);
        }
        catch (ArgumentException)
        {
            // A label or name that is too long for DNS: nobody can have given it records.
            return [];
        }
    }
}
