"""Fold-AR: give merged channels the variance that batch-norm counts on, from the weights alone.

A mean of N channels that are not identical varies less than they do. With rows w_i of the layer before, divided by the
batch-norm's deviations, the mean of cluster c has the variance
    (N_c + (N_c^2 - N_c) E_c) / N_c^2,    E_c = mean over i != j in c of cos(w_i, w_j),
so the batch-norm's scale is multiplied by sqrt(N_c / (1 + (N_c - 1) E_c)); by 1 where all rows point the same way.

The cosine is that of the layer's outputs if its inputs are uncorrelated, as the paper assumes. Neighbouring pixels are
not, and the plain cosine overshoots: with a correlation r between the positions of a kernel the inner product is
    (1 - r) sum_kp w_ikp w_jkp + r sum_k (sum_p w_ikp) (sum_p w_jkp)    over input channels k and positions p,
which is still free of data; r = 0 is the paper.

A batch-norm on a stream that several layers write to (pre-activation networks) normalises the raw mean instead: its
variance becomes (1/N_c^2) sum_ij sigma_i sigma_j cos(w_i, w_j) with the rows of all layers that write the stream.

Source: Wang et al. 2025, arXiv:2502.10216, section 3.3 and algorithm 1; the stream's form is that of Jordan et al.
2023, REPAIR, arXiv:2211.08403, for more than two channels; r is an addition of this project.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import one_hot

from lethe.compress.channels import ChannelGroup, Member
from lethe.compress.gram import Clusters, Gram
from lethe.compress.rows import channel_rows, cosines, deviations, norm_values, normalized_rows
from lethe.core.errors import CompressionError
from lethe.networks.spec import Classifier, State

# The mean of channels that cancel each other has no variance to scale up.
_LEAST = 1e-6


@dataclass(frozen=True)
class Correlations:
    """How the correlation of two channels is told from weights.

    Attributes:
        spatial: r, the correlation between the positions of a kernel.
        clustered: Gram matrix whose cosines are taken instead: the authors' code takes the rows that were clustered.
    """

    spatial: float
    clustered: Gram | None = None

    def gram(self, rows: Float[Tensor, "channels weights"], positions: int) -> Gram:
        """Inner products that stand for those of the channels' values."""
        return output_gram(rows, positions, self.spatial) if self.clustered is None else self.clustered


def scales(cosine: Float[Tensor, "channels channels"], clusters: Clusters) -> Float[Tensor, " channels"]:
    """sqrt(N_c / (1 + (N_c - 1) E_c)) of every channel's cluster.

    Args: cosine: between the channels' rows, 1 on the diagonal.
    """
    members = one_hot(clusters).to(cosine)
    sizes = members.sum(dim=0)
    summed = torch.einsum("ic,ij,jc->c", members, cosine, members)  # N_c (1 + (N_c - 1) E_c)
    return (sizes / (summed / sizes).clamp_min(_LEAST)).sqrt()[clusters]


def output_gram(rows: Float[Tensor, "channels weights"], positions: int, correlation: float) -> Gram:
    """Inner products of a layer's outputs, of inputs with unit variance and the given correlation between positions.

    Args: positions: kernel positions, the last axis of a flattened row.
    """
    pooled = rows.reshape(len(rows), -1, positions).sum(dim=2)
    return (1 - correlation) * rows @ rows.T + correlation * pooled @ pooled.T


def repaired(
    model: Classifier, group: ChannelGroup, clusters: Clusters, changed: State, correlations: Correlations
) -> State:
    """Tensors of a group's layers from which merging gives a network with the right variances.

    Args:
        changed: tensors that other groups have replaced already; a batch-norm may belong to several.
    Raises: CompressionError: no batch-norm to repair, or one behind a depthwise convolution.
    """
    norms = group.of("norm")
    if not norms:
        raise CompressionError(
            f"analytic repair rescales batch-norms, but the channels of layer '{group.name}' have none; "
            "use repair: none"
        )
    state = dict(changed)
    for norm in norms:
        if norm.source:
            state |= _behind_layer(model, group, norm, clusters, correlations)
        else:
            state |= _on_stream(model, group, norm, clusters, {**model.state_dict(), **state}, correlations)
    return state


def _behind_layer(
    model: Classifier, group: ChannelGroup, norm: Member, clusters: Clusters, correlations: Correlations
) -> State:
    """The layer's weights divided by the deviations, the statistics of the result, and the scale multiplied."""
    source = next(member for member in group.members if member.layer == norm.source and member.part != "consumer")
    if source.part == "depthwise":
        raise CompressionError(
            f"analytic repair needs the correlation of the inputs of depthwise layer '{source.layer}'; use repair: "
            "recalibrate or none"
        )
    rows = normalized_rows(model, source, (norm,), group.width)
    cosine = cosines(correlations.gram(rows, _positions(model, source)))
    deviation = deviations(model, norm, group.width)
    layer, batch_norm = model.get_submodule(source.layer), model.get_submodule(norm.layer)
    assert isinstance(batch_norm, nn.BatchNorm2d)
    state: State = {}
    for part, tensor in layer.named_parameters(recurse=False):
        entries = tensor.detach().double() / deviation.reshape(-1, *[1] * (tensor.ndim - 1))
        state[f"{source.layer}.{part}"] = entries.to(tensor.dtype)
    values = {
        "weight": norm_values(model, norm, group.width, "weight") * scales(cosine, clusters),
        "running_mean": norm_values(model, norm, group.width, "running_mean") / deviation,
        "running_var": torch.full_like(deviation, 1 - batch_norm.eps),
    }
    return state | {f"{norm.layer}.{part}": value.to(batch_norm.weight.dtype) for part, value in values.items()}


def _on_stream(
    model: Classifier, group: ChannelGroup, norm: Member, clusters: Clusters, state: State, correlations: Correlations
) -> State:
    """The variance that the mean of a cluster's raw channels has, for every channel of the cluster."""
    grams = [
        correlations.gram(channel_rows(model, member, group.width), _positions(model, member))
        for member in group.of("producer")
    ]
    cosine = cosines(torch.stack(grams).sum(dim=0))
    deviation = norm_values(model, norm, group.width, "running_var").sqrt()
    members = one_hot(clusters).to(cosine)
    covariance = deviation[:, None] * cosine * deviation[None, :]
    summed = torch.einsum("ic,ij,jc->c", members, covariance, members)
    key = f"{norm.layer}.running_var"
    entries = state[key].clone()
    entries[norm.start : norm.start + group.width] = (summed / members.sum(dim=0).square())[clusters].to(entries.dtype)
    return {key: entries}


def _positions(model: Classifier, member: Member) -> int:
    """Kernel positions of a convolution; 1 for a linear layer."""
    weight = model.get_submodule(member.layer).weight
    assert isinstance(weight, Tensor)
    return weight[0, 0].numel()
