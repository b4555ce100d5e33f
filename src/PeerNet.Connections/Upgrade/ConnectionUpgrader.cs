using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Connections.Upgrade;

/// <summary>
/// Takes raw connections up the ladder: private network, security, multiplexer. Thread-safe.
/// <code>
/// raw ─▶ protector? ─▶ multistream(security) ─▶ handshake ─▶ muxer of the handshake, or multistream(muxer) ─▶ muxed
/// </code>
/// Whatever fails on the way ends the raw connection and disposes the scope before the exception leaves.
/// </summary>
public sealed class ConnectionUpgrader
{
    /// <summary>Implementation limit: how long a connection that failed may take to say so. It is a few bytes into a buffer of the kernel.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(1);

    // Implementation limits of a farewell: what a peer may have under way when it is told "na".
    private const int FarewellReadBytes = 4096;
    private const int MaxFarewellReads = 16;

    private readonly PeerId _localPeer;
    private readonly IReadOnlyList<ISecurityProtocol> _securities;
    private readonly IReadOnlyList<IMuxer> _muxers;
    private readonly IConnectionProtector? _protector;
    private readonly TimeProvider _time;
    private readonly ProtocolId[] _securityIds;
    private readonly ProtocolId[] _muxerIds;

    /// <summary>Creates an upgrader.</summary>
    /// <param name="localPeer">This node.</param>
    /// <param name="securities">Security protocols, the preferred one first.</param>
    /// <param name="muxers">Multiplexers, the preferred one first.</param>
    /// <param name="protector">The private network, if the node is in one.</param>
    /// <param name="options">Deadlines and limits.</param>
    /// <param name="time">The clock for deadlines.</param>
    public ConnectionUpgrader(
        PeerId localPeer,
        IReadOnlyList<ISecurityProtocol> securities,
        IReadOnlyList<IMuxer> muxers,
        IConnectionProtector? protector = null,
        UpgradeOptions? options = null,
        TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(securities.Count, nameof(securities));
        ArgumentOutOfRangeException.ThrowIfZero(muxers.Count, nameof(muxers));
        _localPeer = localPeer;
        _securities = securities;
        _muxers = muxers;
        _protector = protector;
        Options = options ?? new UpgradeOptions();
        _time = time ?? TimeProvider.System;
        _securityIds = [.. securities.Select(security => security.Id)];
        _muxerIds = [.. muxers.Select(muxer => muxer.Id)];
    }

    /// <summary>Deadlines and limits.</summary>
    public UpgradeOptions Options { get; }

    internal TimeProvider Time => _time;

    /// <summary>Upgrades a connection; it belongs to the upgrader from the call on.</summary>
    /// <exception cref="HandshakeException">Not secured, another peer answered, or it was this node itself.</exception>
    /// <exception cref="NegotiationException">No common security protocol or multiplexer, or the deadline passed.</exception>
    /// <exception cref="ResourceLimitException">The peer has reached a limit.</exception>
    /// <exception cref="ConnectionClosedException">The connection ended on the way.</exception>
    public async ValueTask<MuxedConnection> UpgradeAsync(RawConnection raw, UpgradeContext context, CancellationToken token = default)
    {
        using var deadline = _time.CreateDeadline(context.Direction == Direction.Inbound ? Options.InboundTimeout : Options.OutboundTimeout, token);
        try
        {
            // Aborting ends every wait below, whatever a protocol does with its token.
            await using var abort = deadline.Token.UnsafeRegister(static raw => ((RawConnection)raw!).Abort(), raw).ConfigureAwait(false);
            return await ClimbAsync(raw, context, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await EndAsync(raw, error).ConfigureAwait(false);
            context.Scope.Dispose();
            if (!deadline.IsCancellationRequested)
                throw;
            token.ThrowIfCancellationRequested();
            throw new NegotiationException(NegotiationFailure.TimedOut, "The connection was not upgraded in time.", error);
        }
    }

    private async ValueTask EndAsync(RawConnection raw, Exception error)
    {
        await SayFarewellAsync(raw.ShutdownAsync, () => raw.ReceiveAsync(new byte[FarewellReadBytes]), raw.Abort, error).ConfigureAwait(false);
        raw.Abort();
    }

    private async ValueTask EndAsync(SecureConnection secure, Exception error)
    {
        await SayFarewellAsync(secure.ShutdownAsync, () => DropAsync(secure), secure.Abort, error).ConfigureAwait(false);
        await secure.DisposeAsync().ConfigureAwait(false);
    }

    private static async ValueTask<int> DropAsync(SecureConnection secure)
    {
        var slice = await secure.ReceiveAsync().ConfigureAwait(false);
        slice.Release();
        return slice.Length;
    }

    // The peer shall hear the last "na"; everything else ends without a farewell. What the peer sends on is read until it ends too, within
    // bounds: a socket closed with bytes unread resets, and a reset overtakes what was written.
    private async ValueTask SayFarewellAsync(Func<CancellationToken, ValueTask> shutdown, Func<ValueTask<int>> receive, Action abort, Exception error)
    {
        if (error is not NegotiationException { Reason: NegotiationFailure.Unsupported or NegotiationFailure.Closed })
            return;
        using var deadline = _time.CreateDeadline(FarewellTimeout);
        await using var ending = deadline.Token.UnsafeRegister(static abort => ((Action)abort!)(), abort).ConfigureAwait(false);
        try
        {
            await shutdown(deadline.Token).ConfigureAwait(false);
            for (var reads = 0; reads < MaxFarewellReads && await receive().ConfigureAwait(false) > 0; reads++)
            {
            }
        }
        catch (Exception ended) when (ended is PeerNetException or OperationCanceledException)
        {
            // It is gone already, or does not read.
        }
    }

    private async ValueTask<MuxedConnection> ClimbAsync(RawConnection raw, UpgradeContext context, CancellationToken token)
    {
        if (_protector is not null)
            raw = await _protector.ProtectAsync(raw, token).ConfigureAwait(false);
        var secure = await SecureAsync(raw, context, token).ConfigureAwait(false);
        try
        {
            Authorize(secure, context);
            var (negotiated, muxer) = await NegotiateMuxerAsync(secure, context.IsInitiator, token).ConfigureAwait(false);
            secure = negotiated;
            token.ThrowIfCancellationRequested();
            return muxer.Create(secure, new MuxerContext
            {
                IsInitiator = context.IsInitiator,
                Scope = context.Scope,
                Time = _time,
                Description = new ConnectionDescription
                {
                    LocalAddress = raw.LocalAddress,
                    RemoteAddress = raw.RemoteAddress,
                    LocalPeer = _localPeer,
                    RemoteKey = secure.RemoteKey,
                    Direction = context.Direction,
                    Transport = context.Transport,
                    Security = secure.Security,
                    Muxer = muxer.Id,
                },
            });
        }
        catch (Exception error)
        {
            await EndAsync(secure, error).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<SecureConnection> SecureAsync(RawConnection raw, UpgradeContext context, CancellationToken token)
    {
        ISecurityProtocol security;
        NegotiatedRawConnection? lazy = null;
        if (context.IsInitiator && (_securities.Count == 1 || Options.ProposeFirstSecurityLazily))
        {
            security = _securities[0];
            raw = lazy = new NegotiatedRawConnection(raw, security.Id);
        }
        else
        {
            var outcome = context.IsInitiator
                ? await MultistreamDriver.DialAsync(new RawCarrier(raw), _securityIds, token).ConfigureAwait(false)
                : await AnswerAsync(raw, token).ConfigureAwait(false);
            security = _securities[IndexOf(_securityIds, outcome.Protocol)];
            if (!outcome.Leftover.IsEmpty)
                raw = new NegotiatedRawConnection(raw, outcome.Leftover);
        }

        try
        {
            return await security.SecureAsync(raw, new SecurityContext
            {
                IsInitiator = context.IsInitiator,
                ExpectedPeer = context.ExpectedPeer,
                Muxers = _muxerIds,
            }, token).ConfigureAwait(false);
        }
        catch (PeerNetException) when (lazy?.Failure is not null)
        {
            // The handshake saw its first receive fail; why is known here.
            throw lazy.Failure;
        }
    }

    private async ValueTask<NegotiationOutcome> AnswerAsync(RawConnection raw, CancellationToken token)
    {
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(token);
        var greet = Task.Delay(Options.GreetingDelay, _time, answered.Token);
        try
        {
            return await MultistreamDriver.ListenAsync(new RawCarrier(raw), IsSecurity, greet, token).ConfigureAwait(false);
        }
        finally
        {
            await answered.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Authorize(SecureConnection secure, UpgradeContext context)
    {
        var peer = secure.RemotePeer;
        if (peer.Equals(_localPeer))
            throw new HandshakeException(HandshakeFailure.UnexpectedPeer, "The peer at the other end is this node itself.");
        if (context.ExpectedPeer is { } expected && !peer.Equals(expected))
            throw new HandshakeException(HandshakeFailure.UnexpectedPeer, $"Peer {peer} answered in place of {expected}.");
        if (!context.Scope.TrySetPeer(peer, out var refusal))
            throw new ResourceLimitException(refusal);
    }

    private async ValueTask<(SecureConnection Secure, IMuxer Muxer)> NegotiateMuxerAsync(SecureConnection secure, bool isInitiator, CancellationToken token)
    {
        if (secure.EarlyMuxer is { } early && IndexOf(_muxerIds, early) is >= 0 and var index)
            return (secure, _muxers[index]);

        var carrier = new SecureCarrier(secure);
        if (isInitiator && _muxers.Count == 1 && Options.StartMuxerLazily)
        {
            var proposal = new byte[MultistreamProtocol.HeaderFrame.Length + MultistreamFrame.Length(_muxerIds[0])];
            MultistreamProtocol.HeaderFrame.CopyTo(proposal);
            _ = MultistreamFrame.Encode(proposal.AsSpan(MultistreamProtocol.HeaderFrame.Length), _muxerIds[0]);
            await carrier.SendAsync(proposal, token).ConfigureAwait(false);
            return (new NegotiatedSecureConnection(secure, MultistreamDialer.ForAnswerTo(_muxerIds[0])), _muxers[0]);
        }

        var outcome = isInitiator
            ? await MultistreamDriver.DialAsync(carrier, _muxerIds, token).ConfigureAwait(false)
            : await MultistreamDriver.ListenAsync(carrier, IsMuxer, null, token).ConfigureAwait(false);
        if (!outcome.Leftover.IsEmpty)
            secure = new NegotiatedSecureConnection(secure, outcome.Leftover);
        return (secure, _muxers[IndexOf(_muxerIds, outcome.Protocol)]);
    }

    private bool IsSecurity(ProtocolId id) => IndexOf(_securityIds, id) >= 0;

    private bool IsMuxer(ProtocolId id) => IndexOf(_muxerIds, id) >= 0;

    private static int IndexOf(ProtocolId[] ids, ProtocolId id) => Array.IndexOf(ids, id);
}
