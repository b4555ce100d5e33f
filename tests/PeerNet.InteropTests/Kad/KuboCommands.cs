using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Kad;

/// <summary>Commands of Kubo that the control protocol has none for. The address of its interface lies in its repository.</summary>
internal static class KuboCommands
{
    /// <summary>Publishes a name under the own key of one of the group's Kubo nodes.</summary>
    public static async Task PublishNameAsync(PeerGroup group, string path, CancellationToken token)
    {
        var api = File.ReadAllText(Directory.EnumerateFiles(group.Folder, "api", SearchOption.AllDirectories).First()).Split('/');
        using var http = new HttpClient();
        var url = new Uri($"http://{api[2]}:{api[4].Trim()}/api/v0/name/publish?allow-offline=true&resolve=false&arg={Uri.EscapeDataString(path)}");
        using var response = await http.PostAsync(url, null, token);
        Assert.IsTrue(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(token));
    }
}
