using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Dht.Generated;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Hivemind.Auth;

[TestClass]
public sealed class TokenAuthorizerTests
{
    private static readonly RsaPssSigner Key = RsaPssSigner.FromPem(HivemindVectors.Load("authorized-messages.json").GetProperty("keys").GetProperty("a").Text("privatePem"));
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_795_622_750));

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public void Captured_requests_and_answers_verify()
    {
        var authorizer = new TokenAuthorizer(new Policy(), Key, _time);
        foreach (var entry in HivemindVectors.Entries("authorized-messages.json"))
        {
            var (request, response) = entry.Text("handler").Split('_')[^1] switch
            {
                "find" => (Request(WireFindRequest.Parser), Response(WireFindResponse.Parser)),
                "store" => (Request(WireStoreRequest.Parser), Response(WireStoreResponse.Parser)),
                _ => (Request(WirePingRequest.Parser), Response(WirePingResponse.Parser)),
            };
            Assert.IsTrue(authorizer.VerifyRequest(request));
            Assert.IsFalse(authorizer.VerifyRequest(request), "a nonce counts once");
            Assert.IsTrue(authorizer.VerifyResponse(response, request));
            request.Auth!.Signature = ByteString.Empty;
            Assert.AreEqual(entry.Text("requestSignedBytes"), Convert.ToHexStringLower(request.ToByteArray()));

            IAuthorizedRequest Request<T>(MessageParser<T> parser) where T : IMessage<T>, IAuthorizedRequest => parser.ParseFrom(entry.Hex("request"));
            IAuthorizedResponse Response<T>(MessageParser<T> parser) where T : IMessage<T>, IAuthorizedResponse => parser.ParseFrom(entry.Hex("response"));
        }
    }

    [TestMethod]
    public async Task Own_messages_verify_and_changed_late_or_strange_ones_do_not()
    {
        var policy = new Policy();
        var client = new TokenAuthorizer(policy, Key, _time);
        var server = new TokenAuthorizer(policy, Key, _time);
        var request = new WirePingRequest { Peer = new WireNodeInfo { NodeId = ByteString.CopyFrom(new byte[20]) } };
        await client.SignRequestAsync(request, Token);
        var changed = request.Clone();
        changed.Validate = true;
        Assert.IsFalse(server.VerifyRequest(changed));
        Assert.IsFalse(server.VerifyRequest(new WirePingRequest()));
        Assert.IsTrue(server.VerifyRequest(request));

        var response = new WirePingResponse { DhtTime = 1 };
        await server.SignResponseAsync(response, request, Token);
        Assert.IsTrue(client.VerifyResponse(response, request));
        await client.SignRequestAsync(request, Token);
        Assert.IsFalse(client.VerifyResponse(response, request), "an answer to another request");

        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.IsFalse(server.VerifyRequest(request));
        await client.SignRequestAsync(request, Token);
        policy.Accepts = false;
        Assert.IsFalse(server.VerifyRequest(request));
    }

    private sealed class Policy : ITokenPolicy
    {
        public bool Accepts { get; set; } = true;

        public ValueTask<AccessToken> GetTokenAsync(CancellationToken token = default)
            => ValueTask.FromResult(new AccessToken("alice", System.Text.Encoding.ASCII.GetBytes(OpenSshKey.ToText(Key.PublicKey)), "2100", new byte[] { 1 }));

        public bool IsValid(AccessToken token) => Accepts;
    }
}
