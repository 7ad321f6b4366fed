"""What merge_greedy compares: the weights on both sides of a channel."""

import torch

from lethe.compress.methods.merge_greedy import SPEC
from lethe.compress.rewire import merge, rewire
from lethe.compress.spec import PostHocOptions
from support.channels import small_groups, small_inputs
from support.small import small_model, states_equal


def test_the_pair_with_the_nearest_weights_goes_first_whatever_the_batch_norms() -> None:
    model, groups = small_model(), small_groups()
    group = groups[2]  # eight channels inside the second block
    state = model.state_dict()
    written, read = (state[f"encoder.layer2.0.{name}.weight"] for name in ("conv1", "conv2"))
    rows = torch.cat([written.flatten(1), read.transpose(0, 1).flatten(1)], dim=1)
    distances = torch.cdist(rows, rows).fill_diagonal_(torch.inf)
    labels = torch.arange(group.width)
    one, other = divmod(int(distances.argmin()), group.width)
    labels[other] = labels[one]
    singles = [merge(torch.arange(each.width)) for each in groups]
    expected = rewire(model, groups, [*singles[:2], merge(labels), singles[3]])
    # 1/8 of eight channels is one; of four it is rounded up, and the first two groups lose one as well.
    found = SPEC.compress(model, 0.125, PostHocOptions(), small_inputs(), torch.Generator()).model
    for name in ("bn1.weight", "bn1.running_var"):
        assert torch.equal(
            found.state_dict()[f"encoder.layer2.0.{name}"], expected.state_dict()[f"encoder.layer2.0.{name}"]
        )
    for norm in (module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.bias.data.normal_(generator=torch.Generator().manual_seed(1))
    other_norms = SPEC.compress(model, 0.125, PostHocOptions(), small_inputs(), torch.Generator()).model
    weights = {name: value for name, value in found.state_dict().items() if value.ndim > 1}
    assert states_equal(weights, {name: other_norms.state_dict()[name] for name in weights})
