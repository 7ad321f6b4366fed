"""Scores by Taylor expansion against one backward pass per image, another library, and the loss itself."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lethe.compress.channels import ChannelGroup, Member
from lethe.compress.methods import channel_taylor
from lethe.compress.methods.channel_taylor import gated_members, taylor_scores
from lethe.compress.rewire import keep, rewire
from lethe.compress.spec import seeded_inputs
from lethe.core.errors import CompressionError, ConfigError
from lethe.core.seeding import Replicate
from lethe.data.augment import to_float
from lethe.data.labelled import labelled_frame, labelled_part
from lethe.networks.spec import Classifier
from support.channels import permuted, small_groups, small_inputs
from support.near import assert_near
from support.small import small_images, small_model, states_equal, toy_data


def lively() -> Classifier:
    """A small network in float64 whose batch-norms scale and shift; fresh blocks end with a scale of 0."""
    model, generator = small_model().double(), torch.Generator().manual_seed(5)
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.weight.uniform_(0.5, 1.5, generator=generator)
                layer.bias.uniform_(-0.5, 0.5, generator=generator)
    return model


def doubles(images: Tensor) -> Tensor:
    return to_float(images).double()


@pytest.fixture(autouse=True)
def in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_taylor, "to_float", doubles)


def literal_scores(model: Classifier, group: ChannelGroup, images: Tensor, labels: Tensor) -> list[float]:
    """The equation, one image, channel, layer and parameter after the other."""
    scores = [0.0] * group.width
    parameters = dict(model.named_parameters())
    for image, label in zip(images, labels, strict=True):
        model.zero_grad()
        cross_entropy(model(doubles(image[None])), label[None]).backward()
        for channel in range(group.width):
            slope = 0.0
            for member in gated_members(group):
                for kind in ("weight", "bias"):
                    parameter = parameters.get(f"{member.layer}.{kind}")
                    if parameter is not None:
                        slope += float((parameter.grad[channel] * parameter.detach()[channel]).sum())
            scores[channel] += slope**2 / len(images)
    return scores


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("batch", [128, 3])
def test_scores_are_the_equation(number: int, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_taylor, "_BATCH", batch)
    model, group = lively(), small_groups()[number]
    images, labels = small_images(7), torch.arange(7) % 3
    (scores,) = taylor_scores(model, [group], images, labels)
    assert_near(scores, literal_scores(model, group, images, labels), rtol=1e-9, atol=1e-15)


class Plain(nn.Module):
    """Two convolutions without batch-norm, the second read by the head alone."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 5, 3)
        self.second = nn.Conv2d(5, 6, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.second(self.first(images).relu_()).relu_().mean(dim=(2, 3))


PLAIN_GROUPS = (
    ChannelGroup(5, (Member("encoder.first", "producer"), Member("encoder.second", "consumer"))),
    ChannelGroup(6, (Member("encoder.second", "producer"), Member("head", "consumer"))),
)


def plain() -> Classifier:
    torch.manual_seed(0)
    return Classifier(Plain(), nn.Linear(6, 3), 1).double().eval()


@pytest.mark.parametrize("group", PLAIN_GROUPS, ids=["inside", "last"])
def test_without_batch_norm_filters_and_biases_are_gated(group: ChannelGroup) -> None:
    model, images, labels = plain(), small_images(5), torch.arange(5) % 3
    (scores,) = taylor_scores(model, [group], images, labels)
    assert_near(scores, literal_scores(model, group, images, labels), rtol=1e-9, atol=1e-15)


@pytest.mark.slow
def test_another_library_finds_the_same_for_one_image() -> None:
    """Torch-Pruning adds gradient times weight over what reads a channel, and takes the absolute value."""
    from torch_pruning import DependencyGraph
    from torch_pruning.pruner.function import prune_conv_out_channels
    from torch_pruning.pruner.importance import GroupTaylorImportance

    model, image, label = plain(), small_images(1), torch.tensor([2])
    scores = taylor_scores(model, PLAIN_GROUPS, image, label)
    graph = DependencyGraph().build_dependency(model, example_inputs=doubles(image))
    model.zero_grad()
    cross_entropy(model(doubles(image)), label).backward()
    for layer, kind, score in (
        (model.encoder.second, nn.Linear, scores[1]),
        (model.encoder.first, nn.Conv2d, scores[0]),
    ):
        importance = GroupTaylorImportance("sum", normalizer=None, multivariable=True, target_types=[kind])
        group = graph.get_pruning_group(layer, prune_conv_out_channels, list(range(len(score))))
        readers = [(dependency, idxs) for dependency, idxs in group if dependency.target.module is not layer]
        pieces = type(group)()
        pieces._group = [item for item in group._group if item[0].target.module is not layer]
        assert readers
        found = importance(pieces)
        assert_near(found, score.sqrt(), rtol=1e-5, atol=1e-8)


@pytest.mark.slow
def test_a_slope_foretells_what_a_small_gate_does_to_the_loss() -> None:
    """Every channel's slope is the change of the loss when all batch-norms of its group are scaled a little."""
    model, images, labels = lively(), small_images(1), torch.tensor([1])
    step = 1e-6
    for group in small_groups():
        (scores,) = taylor_scores(model, [group], images, labels)
        for channel in range(group.width):
            losses = []
            for gate in (1 + step, 1 - step):
                state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
                for norm in group.of("norm"):
                    for kind in ("weight", "bias"):
                        state[f"{norm.layer}.{kind}"][channel] *= gate
                other = lively()
                other.load_state_dict(state)
                losses.append(float(cross_entropy(other.eval()(doubles(images)), labels).detach()))
            slope = (losses[0] - losses[1]) / (2 * step)
            assert float(scores[channel]) == pytest.approx(slope**2, rel=1e-4, abs=1e-12)


def test_the_lowest_scores_go() -> None:
    model, inputs = lively(), small_inputs(labels=True)
    images, labels = inputs.labelled_images(10, purpose="images")
    made = channel_taylor.compress(model, 0.5, channel_taylor.Options(images=10), inputs, torch.Generator()).model
    maps = []
    for group, scores in zip(small_groups(), taylor_scores(model, small_groups(), images, labels), strict=True):
        maps.append(
            keep(
                torch.tensor(sorted(range(group.width), key=lambda c: float(scores[c]))[group.width // 2 :]),
                group.width,
            )
        )
    assert states_equal(made.state_dict(), rewire(model, small_groups(), maps).state_dict())


def test_the_order_of_channels_does_not_matter() -> None:
    images, labels = small_images(6), torch.arange(6) % 3
    one = taylor_scores(lively(), small_groups(), images, labels)
    other = taylor_scores(permuted(lively(), small_groups()), small_groups(), images, labels)
    for scores, again in zip(one, other, strict=True):
        assert_near(scores.sort().values, again.sort().values)


def test_a_shared_stream_is_gated_where_its_batch_norms_read_it() -> None:
    shared = ChannelGroup(4, (Member("a", "producer"), Member("b", "producer"), Member("n", "norm")))
    own = ChannelGroup(4, (Member("a", "producer"), Member("b", "producer"), Member("n", "norm", source="a")))
    assert [m.layer for m in gated_members(shared)] == ["n"]
    assert [m.layer for m in gated_members(own)] == ["n", "b"]


def test_the_network_is_left_as_it_was() -> None:
    model = lively().train()
    model.encoder.bn1.eval()
    hooks, modes = [len(m._forward_hooks) for m in model.modules()], [m.training for m in model.modules()]
    with torch.no_grad():
        taylor_scores(model, small_groups(), small_images(3), torch.arange(3))
    assert hooks == [len(m._forward_hooks) for m in model.modules()]
    assert modes == [m.training for m in model.modules()]
    assert all(parameter.grad is None for parameter in model.parameters())


def test_channels_that_the_loss_does_not_depend_on_are_refused() -> None:
    model = lively()
    stray = replace(small_groups()[0], members=(Member("encoder.bn1", "norm"),))
    model.encoder.bn1.forward = lambda values: values.detach()
    with pytest.raises(CompressionError, match=r"does not depend on the channels of layer 'encoder\.conv1'"):
        taylor_scores(
            model, [replace(stray, members=(Member("encoder.conv1", "producer"),))], small_images(2), torch.arange(2)
        )


def test_of_a_regime_of_few_labels_only_those_images_are_given(tmp_path: Path) -> None:
    train, _ = toy_data(tmp_path)
    frame = labelled_frame(train.labels, train.example_ids, (0, 1), study_seed=0, per_class=4, share=None)
    usable = labelled_part(train, frame, 1)
    inputs, _ = seeded_inputs(train, Replicate(0, 1), torch.device("cpu"), None, usable)
    images, labels = inputs.labelled_images(12, purpose="images")
    wanted = {(image.tobytes(), int(label)) for image, label in zip(usable.images, usable.labels, strict=True)}
    assert {(image.numpy().tobytes(), int(label)) for image, label in zip(images, labels, strict=True)} == wanted
    with pytest.raises(ConfigError, match="images: 13 labelled training images asked for, but there are 12; lower it"):
        inputs.labelled_images(13, purpose="images")
    without, _ = seeded_inputs(train, Replicate(0, 1), torch.device("cpu"), None)
    np.testing.assert_array_equal(without.images(5, purpose="i"), inputs.images(5, purpose="i"))
    with pytest.raises(AssertionError, match="labels=True in its SPEC"):
        without.labelled_images(1, purpose="images")
