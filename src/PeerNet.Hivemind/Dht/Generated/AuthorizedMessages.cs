using Google.Protobuf;

namespace PeerNet.Hivemind.Dht.Generated;

/// <summary>A request that carries the caller's token.</summary>
internal interface IAuthorizedRequest : IMessage
{
    WireRequestAuth? Auth { get; set; }
}

/// <summary>An answer that carries the servicer's token.</summary>
internal interface IAuthorizedResponse : IMessage
{
    WireResponseAuth? Auth { get; set; }
}

internal sealed partial class WirePingRequest : IAuthorizedRequest;

internal sealed partial class WireStoreRequest : IAuthorizedRequest;

internal sealed partial class WireFindRequest : IAuthorizedRequest;

internal sealed partial class WirePingResponse : IAuthorizedResponse;

internal sealed partial class WireStoreResponse : IAuthorizedResponse;

internal sealed partial class WireFindResponse : IAuthorizedResponse;
