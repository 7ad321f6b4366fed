"""Folding: exact on duplicates, blind to the order of channels, repaired as the equations say."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lethe.compress.analytic import Correlations, output_gram, repaired, scales
from lethe.compress.channels import ChannelGroup, Member
from lethe.compress.gram import FeatureOptions, group_gram
from lethe.compress.methods.fold import SPEC, Options
from lethe.compress.rewire import merge, rewire
from lethe.compress.rows import cosines
from lethe.core.errors import CompressionError
from lethe.networks.predict import predict_logits
from lethe.networks.spec import Classifier
from support.channels import duplicated, permuted, small_groups, small_inputs
from support.near import assert_near, is_near
from support.small import small_images, small_model


def folded(
    model: Classifier, level: float, groups: tuple[ChannelGroup, ...] | None = None, **options: object
) -> Classifier:
    generator = torch.Generator().manual_seed(0)
    return SPEC.compress(model, level, Options(**options), small_inputs(groups), generator).model


@pytest.mark.slow
@pytest.mark.parametrize("repair", ["none", "analytic"])
@pytest.mark.parametrize("clusterer", ["kmeans", "ward"])
@pytest.mark.parametrize("features", [{}, {"normalise": True}, {"norms": "none", "layers": "producers"}])
def test_duplicated_channels_are_found_and_folding_them_keeps_the_logits(
    repair: str, clusterer: str, features: dict[str, object]
) -> None:
    double, groups = duplicated(small_model(), small_groups())
    back = folded(double, 0.5, groups, repair=repair, clusterer=clusterer, **features)
    assert back.state_dict()["encoder.conv1.weight"].shape == (4, 1, 3, 3)
    difference = predict_logits(back, small_images()) - predict_logits(small_model(), small_images())
    assert difference.abs().max() <= 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("clusterer", ["kmeans", "ward"])
@pytest.mark.parametrize("repair", ["none", "analytic"])
def test_the_order_of_channels_does_not_matter(clusterer: str, repair: str) -> None:
    one, other = small_model(), permuted(small_model(), small_groups(), seed=3)
    logits = [predict_logits(folded(m, 0.5, clusterer=clusterer, repair=repair), small_images()) for m in (one, other)]
    assert_near(*logits, rtol=0, atol=1e-5)


def test_analytic_repair_of_nothing_leaves_the_logits() -> None:
    difference = predict_logits(folded(small_model(), 0.0, repair="analytic"), small_images()) - predict_logits(
        small_model(), small_images()
    )
    assert difference.abs().max() <= 1e-5


def literal_rows(model: Classifier, group: ChannelGroup, options: FeatureOptions) -> torch.Tensor:
    """A, one channel after the other, as the paper writes it."""
    state, rows = model.state_dict(), []
    for c in range(group.width):
        row: list[float] = []
        for member in group.members:
            weight = state[f"{member.layer}.weight"].double()
            if member.part == "producer" and options.layers != "consumers":
                norm = next(n.layer for n in group.of("norm") if n.source == member.layer)
                deviation = float(state[f"{norm}.running_var"][c].double() + 1e-5) ** 0.5
                row += (weight[c] / (deviation if options.normalise else 1.0)).flatten().tolist()
            if member.part == "consumer" and options.layers != "producers":
                row += weight[:, c].flatten().tolist()
            if member.part == "norm" and options.norms == "columns":
                row += [float(weight[c]), float(state[f"{member.layer}.bias"][c])]
            if member.part == "norm" and options.norms == "diagonal":
                diagonal = torch.eye(group.width, dtype=torch.float64)[c]
                row += (diagonal * weight[c]).tolist()
                if not options.normalise:
                    variance = float(state[f"{member.layer}.running_var"][c].double()) + 1e-5
                    row += (diagonal / variance**0.5).tolist()
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("layers", ["both", "producers", "consumers"])
@pytest.mark.parametrize("norms", ["columns", "diagonal", "none"])
@pytest.mark.parametrize("normalise", [True, False])
def test_the_gram_matrix_is_that_of_the_concatenated_rows(layers: str, norms: str, normalise: bool) -> None:
    options, model = FeatureOptions(layers=layers, norms=norms, normalise=normalise), small_model()
    for group in small_groups():
        rows = literal_rows(model, group, options)
        assert_near(group_gram(model, group, options), rows @ rows.T)


def literal_scale(cosine: torch.Tensor, cluster: list[int]) -> float:
    """sqrt(N / (1 + (N - 1) E)), E the mean cosine of different members."""
    count = len(cluster)
    if count == 1:
        return 1.0
    pairs = [float(cosine[i, j]) for i in cluster for j in cluster if i != j]
    return (count / max(1 + (count - 1) * sum(pairs) / len(pairs), 1e-6)) ** 0.5


@given(st.lists(st.integers(0, 2), min_size=6, max_size=6), st.integers(0, 99))
def test_the_analytic_scale_is_that_of_the_paper(labels: list[int], seed: int) -> None:
    rows = torch.randn(6, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    cosine = cosines(rows @ rows.T)
    dense = torch.tensor(labels).unique(return_inverse=True)[1]
    expected = [literal_scale(cosine, [j for j in range(6) if labels[j] == labels[i]]) for i in range(6)]
    assert_near(scales(cosine, dense), expected)


@given(st.lists(st.floats(0.1, 9), min_size=5, max_size=5), st.floats(0, 1))
def test_the_scale_is_one_where_all_members_point_the_same_way(lengths: list[float], correlation: float) -> None:
    direction = torch.linspace(-1, 2, 18, dtype=torch.float64)
    rows = torch.tensor(lengths, dtype=torch.float64)[:, None] * direction
    cosine = cosines(output_gram(rows, 9, correlation))
    assert_near(scales(cosine, torch.zeros(5, dtype=torch.int64)), 1)


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_repaired_channels_have_the_variance_that_batch_norm_counts_on(correlation: float) -> None:
    """Monte Carlo: inputs with unit variance and the stated correlation between the positions of a kernel."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(6, 2 * 9, generator=generator, dtype=torch.float64)
    shared = torch.randn(200_000, 2, 1, generator=generator, dtype=torch.float64)
    own = torch.randn(200_000, 2, 9, generator=generator, dtype=torch.float64)
    inputs = (correlation**0.5 * shared + (1 - correlation) ** 0.5 * own).flatten(1)
    outputs = inputs @ rows.T
    outputs = outputs / outputs.std(dim=0)
    labels = torch.tensor([0, 0, 1, 1, 1, 2])
    factors = scales(cosines(output_gram(rows, 9, correlation)), labels)
    merged = torch.stack([(outputs * factors)[:, labels == c].mean(dim=1) for c in range(3)])
    assert_near(merged.std(dim=1), 1, rtol=0.02)


def test_a_batch_norm_on_a_stream_gets_the_variance_of_the_mean() -> None:
    group = small_groups()[2]
    stream = ChannelGroup(8, tuple(Member(m.layer, m.part) for m in group.members))
    model, labels = small_model(), torch.tensor([0, 0, 0, 1, 1, 2, 3, 3])
    state = repaired(model, stream, labels, {}, Correlations(0.0))
    (norm,) = group.of("norm")
    variance = model.get_buffer(f"{norm.layer}.running_var").double()
    rows = model.get_parameter(f"{group.members[0].layer}.weight").detach().double().flatten(1)
    cosine = cosines(rows @ rows.T)
    for cluster in ([0, 1, 2], [3, 4], [5], [6, 7]):
        total = sum(float((variance[i] * variance[j]).sqrt() * cosine[i, j]) for i in cluster for j in cluster)
        got = state[f"{norm.layer}.running_var"][cluster]
        assert_near(got, total / len(cluster) ** 2)


@pytest.mark.parametrize(
    ("producers", "variance"),
    [
        ([[[3.0, 0.0], [0.0, 4.0]]], 6.25),
        ([[[3.0, 0.0], [3.0, 4.0]]], 13.0),
        ([[[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [1.0, 0.0]]], 7.25),
    ],
)
def test_the_variance_of_a_mean_by_hand(producers: list[list[list[float]]], variance: float) -> None:
    """Inputs of unit variance: a channel has the variance |row|^2, and the mean of two has |mean of the rows|^2.

    Of two producers that add up, rows of either are independent: their variances are added, and so are those of means.
    """
    group = small_groups()[2]
    (norm,) = group.of("norm")
    first = group.of("producer")[0].layer
    second = "encoder.layer1.0.conv2"
    model = small_model()
    members = [Member(layer, "producer") for layer in (first, second)[: len(producers)]]
    for member, rows in zip(members, producers, strict=True):
        weight = torch.zeros(8, 2, 1, 1)
        weight[:2, :, 0, 0] = torch.tensor(rows)
        weight[2:] = 1.0
        model.get_submodule(member.layer).weight = torch.nn.Parameter(weight)
    found = sum(torch.tensor(rows).square().sum(dim=1) for rows in producers)
    model.get_buffer(f"{norm.layer}.running_var")[:2] = found
    stream = ChannelGroup(8, (*members, Member(norm.layer, "norm")))
    state = repaired(model, stream, torch.tensor([0, 0, 1, 2, 3, 4, 5, 6]), {}, Correlations(0.0))
    assert_near(state[f"{norm.layer}.running_var"][:2], [variance, variance])


def test_batch_norms_that_several_groups_share_keep_each_groups_part() -> None:
    model, labels = small_model(), torch.tensor([0, 0, 1, 1])
    producer, norm = "encoder.layer2.0.conv1", "encoder.layer2.0.bn1"
    halves = [ChannelGroup(4, (Member(producer, "producer", s), Member(norm, "norm", s))) for s in (0, 4)]
    first = repaired(model, halves[0], labels, {}, Correlations(0.0))
    both = repaired(model, halves[1], labels, first, Correlations(0.0))
    assert torch.equal(both[f"{norm}.running_var"][:4], first[f"{norm}.running_var"][:4])
    assert not torch.equal(both[f"{norm}.running_var"][4:], model.get_buffer(f"{norm}.running_var")[4:])


def test_swapping_sum_and_mean_is_another_network_whose_function_batch_norm_statistics_alone_cannot_tell() -> None:
    swapped, right = folded(small_model(), 0.5, legacy_swapped=True), folded(small_model(), 0.5)
    key = "encoder.layer1.0.conv1.weight"
    assert swapped.state_dict()[key].shape == right.state_dict()[key].shape
    assert not is_near(predict_logits(swapped, small_images()), predict_logits(right, small_images()), atol=1e-3)


def test_all_members_of_a_group_share_one_map() -> None:
    model, groups = small_model(), small_groups()
    generator = torch.Generator().manual_seed(0)
    result = SPEC.compress(model, 0.5, Options(), small_inputs((groups[0],)), generator).model
    candidates = [
        torch.tensor([0, *rest])
        for rest in ([0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1])
    ]
    expected = [rewire(model, [groups[0]], [merge(labels)]).state_dict() for labels in candidates]
    got = result.state_dict()
    assert any(all(torch.equal(got[name], each[name]) for name in got) for each in expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repair": "recalibrate"}, "needs a number of images, such as recalibrate: 1000"),
        ({"recalibrate": 500}, "the other repairs need recalibrate: 0"),
        ({"repair": "analytic", "recalibrate": 500}, "the other repairs need recalibrate: 0"),
        ({"clusterer": "spectral"}, "kmeans"),
        ({"restarts": 0}, "greater than or equal to 1"),
        ({"spatial_correlation": 1.5}, "less than or equal to 1"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Options(**options)


def test_treatments_have_names() -> None:
    named = {
        "raw": Options(),
        "analytic": Options(repair="analytic"),
        "recalibrated": Options(repair="recalibrate", recalibrate=9),
        "fine-tuned, deep inversion": Options(repair="deep_inversion", finetune_epochs=1),
    }
    assert {name: options.treatment for name, options in named.items()} == {name: name for name in named}


@pytest.mark.parametrize("repair", ["analytic", "deep_inversion"])
def test_repairs_without_batch_norm_are_refused(repair: str) -> None:
    encoder = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    bare = Classifier(encoder, torch.nn.Linear(4, 2), 1)
    group = ChannelGroup(4, (Member("encoder.0", "producer"), Member("head", "consumer")))
    with pytest.raises(CompressionError, match="none; use repair: none"):
        folded(bare, 0.5, (group,), repair=repair, inversion={"steps": 1, "images": 2})


def test_analytic_repair_behind_a_depthwise_layer_is_refused_by_name() -> None:
    group = small_groups()[1]
    depthwise = ChannelGroup(4, (Member(group.members[0].layer, "depthwise"), *group.members[1:]))
    with pytest.raises(CompressionError, match=r"depthwise layer 'encoder\.layer1\.0\.conv1'"):
        repaired(small_model(), depthwise, torch.tensor([0, 0, 1, 1]), {}, Correlations(0.5))
