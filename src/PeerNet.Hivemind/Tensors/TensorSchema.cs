using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Tensors;

/// <summary>A hash over shapes and types of tensors: only those with the same one are averaged with each other.</summary>
internal static class TensorSchema
{
    public static byte[] HashOf(IEnumerable<Tensor> tensors) => DhtId.OfKey(new ListValue([.. tensors.Select(Describe)])).ToBytes();

    private static MapValue Describe(Tensor tensor) => HivemindValue.Map(
        ("size", $"torch.Size([{string.Join(", ", tensor.Shape)}])"),
        ("dtype", $"torch.{TensorTypes.NameOf(tensor.Type)}"),
        ("layout", "torch.strided"),
        ("device", "cpu"),
        ("requires_grad", tensor.RequiresGrad ? "True" : "False"),
        ("pin_memory", "False"),
        ("compression", "0"));
}
