using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Storage;
using PeerNet.Swarm.Peers;

// Writes peers, values and provider records to the database that is named, one batch after the other, until it is killed. After each batch it says
// how many of each are on disk; a test that killed it finds at least these, and nothing of a batch without the rest of it.
const int BatchSize = 20;
var (path, first) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture));
await using var storage = NodeStorage.Open(path, new StorageOptions { FlushInterval = TimeSpan.FromMinutes(10) });
var peers = new PeerStore();
storage.Attach(peers);
var values = storage.CreateRecordStore("/test/kad/1.0.0");
var providers = storage.CreateProviderStore("/test/kad/1.0.0");
await storage.Loaded;
Console.WriteLine("loaded");
var address = Multiaddress.Parse("/ip4/192.0.2.1/tcp/4001");
for (var number = first; ; number += BatchSize)
{
    for (var i = number; i < number + BatchSize; i++)
    {
        var seed = new byte[32];
        BinaryPrimitives.WriteInt32LittleEndian(seed, i + 1);
        var peer = PrivateKey.FromEd25519Seed(seed).PeerId;
        var key = Encoding.UTF8.GetBytes($"/v/{i}");
        peers.AddAddresses(peer, [address], AddressTtl.Permanent, AddressSource.Manual);
        await values.PutAsync(new StoredValue { Key = key, Value = new byte[500], From = peer, ReceivedAt = DateTimeOffset.UnixEpoch.AddYears(60) });
        await providers.AddAsync(new ProviderRecord { Key = key, Provider = peer, Addresses = [address], ReceivedAt = DateTimeOffset.UnixEpoch.AddYears(60) });
    }

    await storage.FlushAsync();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number + BatchSize}"));
}
