using PeerNet.Hivemind.Tensors;

namespace PeerNet.Hivemind.Moe;

/// <summary>An expert that this process runs. Calls may overlap.</summary>
public interface IExpert
{
    /// <summary>What it takes and gives.</summary>
    ExpertDescription Description { get; }

    /// <summary>Runs a batch.</summary>
    ValueTask<IReadOnlyList<Tensor>> ForwardAsync(IReadOnlyList<Tensor> inputs, CancellationToken token);

    /// <summary>Runs gradients back: takes the arguments and then the gradients of what came out, gives those of the arguments.</summary>
    ValueTask<IReadOnlyList<Tensor>> BackwardAsync(IReadOnlyList<Tensor> inputsAndGradients, CancellationToken token);
}
