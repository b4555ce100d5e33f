using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Identity;

/// <summary>The platform's TLS uses our certificates on both sides; in memory, without sockets.</summary>
[TestClass]
public sealed class LibP2PCertificateTlsTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(KeyType.Ed25519)]
    [DataRow(KeyType.Rsa)]
    public async Task Both_sides_of_a_TLS_connection_learn_the_other_identity(KeyType type)
    {
        using var dialerKey = PrivateKey.Generate(type);
        using var listenerKey = PrivateKey.Generate();
        using var dialerCertificate = LibP2PCertificate.Create(dialerKey, Now);
        using var listenerCertificate = LibP2PCertificate.Create(listenerKey, Now);
        var (dialerEnd, listenerEnd) = CreatePair();
        PeerId? seenByDialer = null;
        PeerId? seenByListener = null;

        await using var dialer = new SslStream(dialerEnd);
        await using var listener = new SslStream(listenerEnd);
        var dial = dialer.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol("libp2p")],
                ClientCertificates = [dialerCertificate],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => dialerCertificate,
                EnabledSslProtocols = SslProtocols.Tls13,
                TargetHost = "",
                RemoteCertificateValidationCallback = (_, certificate, _, _) => Check(certificate, out seenByDialer),
            },
            TestContext.CancellationToken);
        var listen = listener.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol("libp2p")],
                ServerCertificate = listenerCertificate,
                ClientCertificateRequired = true,
                EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => Check(certificate, out seenByListener),
            },
            TestContext.CancellationToken);
        await Task.WhenAll(dial, listen);

        Assert.AreEqual(listenerKey.PeerId, seenByDialer);
        Assert.AreEqual(dialerKey.PeerId, seenByListener);
    }

    private static bool Check(X509Certificate? certificate, out PeerId? id)
    {
        var verified = LibP2PCertificate.TryVerify(certificate as X509Certificate2, Now, out var key, out _);
        id = key?.PeerId;
        return verified;
    }

    private static (Stream A, Stream B) CreatePair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new DuplexStream(back.Reader.AsStream(), there.Writer.AsStream()), new DuplexStream(there.Reader.AsStream(), back.Writer.AsStream()));
    }

    private sealed class DuplexStream(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => output.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                input.Dispose();
                output.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
