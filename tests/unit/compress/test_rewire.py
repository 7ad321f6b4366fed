"""Removing and merging channels against hooks, loops and networks with duplicated channels."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lethe.compress.channels import ChannelGroup, Member, coupled_channels, kept_channels
from lethe.compress.rewire import ChannelMap, keep, merge, rewire
from lethe.core.errors import CompressionError
from lethe.networks.build import Architecture
from lethe.networks.predict import predict_logits
from lethe.networks.spec import Classifier
from support.channels import duplicated, small_groups
from support.near import assert_near
from support.small import small_images, small_model, states_equal


def test_keeping_everything_changes_no_bit() -> None:
    same = rewire(small_model(), small_groups(), [keep(torch.arange(g.width), g.width) for g in small_groups()])
    assert states_equal(same.state_dict(), small_model().state_dict())


def masked_logits(
    model: Classifier, groups: Sequence[ChannelGroup], kept: Sequence[torch.Tensor], images: torch.Tensor
) -> torch.Tensor:
    """Logits with the other channels multiplied by zero after every batch-norm, and where there is none, at once."""
    handles = []
    for group, channels in zip(groups, kept, strict=True):
        mask = torch.zeros(group.width).index_fill(0, channels, 1.0)
        sources = {norm.source for norm in group.of("norm")}
        for member in group.of("producer", "norm", "depthwise"):
            if member.part == "norm" or member.layer not in sources:
                handles.append(_masking(model, member, mask))
    logits = predict_logits(model, images)
    for handle in handles:
        handle.remove()
    return logits


def _masking(model: Classifier, member: Member, mask: torch.Tensor) -> Any:
    def multiply(module: torch.nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        channels = slice(member.start, member.start + len(mask))
        output[:, channels] *= mask.reshape(-1, *[1] * (output.ndim - 2))
        return output

    return model.get_submodule(member.layer).register_forward_hook(multiply)


@given(st.lists(st.integers(1, 4), min_size=4, max_size=4), st.integers(0, 99))
@settings(max_examples=settings.default.max_examples // 2)
def test_removed_equals_masked(counts: list[int], seed: int) -> None:
    model, generator = small_model(), torch.Generator().manual_seed(seed)
    kept = [torch.randperm(g.width, generator=generator)[:n] for g, n in zip(small_groups(), counts, strict=True)]
    maps = [keep(channels, g.width) for channels, g in zip(kept, small_groups(), strict=True)]
    removed = predict_logits(rewire(model, small_groups(), maps), small_images())
    assert_near(removed, masked_logits(model, small_groups(), kept, small_images()), rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "architecture",
    [
        Architecture("wrn", {"depth": 16, "widen": 1}, channels=3, classes=4),
        Architecture("vgg", {"depth": 11, "width": 0.1}, channels=3, classes=4),
        Architecture("timm", {"model": "mobilenetv2_035"}, channels=3, classes=4),
        Architecture("timm", {"model": "densenet121", "arguments": {"growth_rate": 8}}, channels=3, classes=4),
    ],
    ids=lambda architecture: architecture.options.get("model", architecture.name),
)
def test_removed_equals_masked_in_every_family(architecture: Architecture) -> None:
    model, images = small_model(architecture=architecture), small_images(6, channels=3, size=32)
    groups = coupled_channels(model, (3, 32, 32))
    kept = [torch.arange(g.width)[1 : 1 + kept_channels(g.width, 0.4)] for g in groups]
    removed = rewire(model, groups, [keep(c, g.width) for c, g in zip(kept, groups, strict=True)])
    expected = masked_logits(model, groups, kept, images)
    assert_near(predict_logits(removed, images), expected, rtol=1e-4, atol=1e-5)


@given(st.lists(st.integers(0, 3), min_size=8, max_size=8))
@settings(max_examples=settings.default.max_examples // 2)
def test_merging_averages_what_writes_and_sums_what_reads(labels: list[int]) -> None:
    group, model = small_groups()[2], small_model()
    merged = rewire(model, [group], [merge(torch.tensor(labels))])
    clusters = [[i for i, label in enumerate(labels) if label == c] for c in dict.fromkeys(labels)]
    old, new = model.state_dict(), merged.state_dict()
    for member, axis in ((group.members[0], 0), (group.members[2], 1)):
        weight = old[f"{member.layer}.weight"].movedim(axis, 0)
        parts = [torch.stack([weight[i] for i in cluster]) for cluster in clusters]
        expected = torch.stack([part.mean(dim=0) if axis == 0 else part.sum(dim=0) for part in parts])
        assert_near(new[f"{member.layer}.weight"].movedim(axis, 0), expected)
    for kind in ("weight", "bias", "running_mean", "running_var"):
        values = old[f"{group.members[1].layer}.{kind}"]
        expected = torch.stack([values[cluster].mean() for cluster in clusters])
        assert_near(new[f"{group.members[1].layer}.{kind}"], expected)


def test_duplicating_channels_and_halving_their_readers_keeps_the_function_and_merging_undoes_it() -> None:
    model = small_model()
    double, groups = duplicated(model, small_groups())
    assert_near(predict_logits(double, small_images()), predict_logits(model, small_images()), rtol=0, atol=1e-5)
    back = rewire(double, groups, [merge(torch.arange(g.width) % (g.width // 2)) for g in groups])
    for name, tensor in model.state_dict().items():
        assert_near(back.state_dict()[name], tensor)


class Flattening(torch.nn.Module):
    """An encoder whose linear layer reads a flattened 2x2 map, and whose maps are concatenated before that."""

    def __init__(self) -> None:
        super().__init__()
        self.one = torch.nn.Conv2d(1, 3, 3, padding=1)
        self.two = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.hidden = torch.nn.Linear((3 + 4) * 4, 5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        first = self.one(images).relu()
        both = torch.cat([first, self.two(first).relu()], dim=1)
        return self.hidden(torch.nn.functional.adaptive_avg_pool2d(both, 2).flatten(1)).relu()


def _flattening() -> tuple[Classifier, tuple[ChannelGroup, ...]]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Classifier(Flattening(), torch.nn.Linear(5, 3), 1).eval()
    producers = [Member(f"encoder.{layer}", "producer") for layer in ("one", "two", "hidden")]
    readers = [
        [Member("encoder.two", "consumer"), Member("encoder.hidden", "consumer", 0, 4)],
        [Member("encoder.hidden", "consumer", 12, 4)],
        [Member("head", "consumer")],
    ]
    widths = (3, 4, 5)
    return model, tuple(ChannelGroup(w, (p, *r)) for w, p, r in zip(widths, producers, readers, strict=True))


def test_flattened_and_concatenated_channels_are_found_at_their_places() -> None:
    model, groups = _flattening()
    kept = [torch.tensor([0, 2]), torch.tensor([1, 3]), torch.tensor([0, 1, 4])]
    removed = rewire(model, groups, [keep(c, g.width) for c, g in zip(kept, groups, strict=True)])
    assert removed.encoder.hidden.weight.shape == (3, (2 + 2) * 4)
    expected = masked_logits(model, groups, kept, small_images())
    assert_near(predict_logits(removed, small_images()), expected, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_maps_that_are_concatenated_and_then_flattened_are_refused_because_they_are_traced_wrongly() -> None:
    with pytest.raises(CompressionError, match="do not lie side by side"):
        coupled_channels(_flattening()[0], (1, 8, 8))


@pytest.mark.slow
def test_flattened_channels_are_traced() -> None:
    layers = [torch.nn.Conv2d(1, 3, 3), torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(12, 5)]
    model = Classifier(torch.nn.Sequential(*layers, torch.nn.ReLU()), torch.nn.Linear(5, 2), 1)
    convolution, hidden = coupled_channels(model, (1, 8, 8))
    assert convolution.of("consumer") == (Member("encoder.3", "consumer", 0, 4),)
    assert hidden.members == (Member("encoder.3", "producer"), Member("head", "consumer"))


@pytest.mark.slow
def test_half_of_resnet18_has_the_published_number_of_parameters() -> None:
    architecture = Architecture("resnet", {"blocks": [2, 2, 2, 2], "width": 64}, channels=3, classes=10)
    model = small_model(architecture=architecture)
    groups = coupled_channels(model, (3, 32, 32))
    halves = [kept_channels(g.width, 0.5) for g in groups]
    pruned = rewire(model, groups, [keep(torch.arange(k), g.width) for k, g in zip(halves, groups, strict=True)])
    folded = rewire(model, groups, [merge(torch.arange(g.width) % k) for k, g in zip(halves, groups, strict=True)])
    counts = [sum(p.numel() for p in network.parameters()) for network in (model, pruned, folded)]
    assert counts == [11_173_962, 2_797_610, 2_797_610]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused_by_name(value: float) -> None:
    model = small_model()
    model.get_parameter("encoder.layer1.0.conv2.weight").data[0, 0, 0, 0] = value
    maps = [keep(torch.arange(2), g.width) for g in small_groups()]
    with pytest.raises(CompressionError, match=r"encoder\.layer1\.0\.conv2\.weight' holds values that are not finite"):
        rewire(model, small_groups(), maps)


@given(st.integers(2, 7), st.integers(0, 99))
def test_folding_to_one_more_cluster_is_never_worse_than_pruning(kept: int, seed: int) -> None:
    """err_fold(k + 1) <= err_prune(k): put all pruned rows into one extra cluster (arXiv:2602.18116)."""
    rows = torch.randn(8, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    order = rows.norm(dim=1).argsort(descending=True)
    for k in range(1, kept + 1):
        labels = torch.full((8,), k)
        labels[order[:k]] = torch.arange(k)
        assert _error(rows, merge(labels)) <= _error(rows, keep(order[:k], 8)) + 1e-12


def _error(rows: torch.Tensor, change: ChannelMap) -> float:
    """||A - C A||_F with the projection C = into^T out."""
    return float((rows - change.into.T @ change.out @ rows).norm())
