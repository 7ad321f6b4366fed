"""What every file in data/plants promises: its literals, hard examples of one kind, and draws that belong to an
example."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lethe.core import registry
from lethe.core.errors import ConfigError, LetheError
from lethe.core.splits import TRUE_CLASS
from lethe.data.plant import plant, read_plants
from lethe.data.plant_spec import PlantSpec
from lethe.data.spec import Split, in_memory

NAMES = registry.names(registry.PLANTS)
over_plants = pytest.mark.parametrize("name", NAMES)
# Options without a default.
NEEDED = {"far": {"dataset": "toy", "options": {"train": 40, "test": 60}}}
CLASSES = 4


def split_of(count: int, first: int) -> Split:
    """Random images whose mean is that of their class."""
    generator = np.random.default_rng(first)
    labels = np.arange(count) % CLASSES
    images = generator.integers(0, 40, (count, 1, 8, 8)) + 50 * labels[:, None, None, None]
    return in_memory(images.astype(np.uint8), labels, first + np.arange(count), ("a", "b", "c", "d"))


def splits() -> dict[str, Split]:
    return {"train": split_of(120, 0), "test": split_of(80, 1000)}


def planted(name: str, *, order: np.ndarray | None = None, seed: int = 0, **options: object) -> dict[str, Split]:
    """Both splits with one plant, the training images perhaps stored in another order."""
    given = splits()
    if order is not None:
        train = given["train"]
        images = train.read(np.arange(len(train)))[order]
        given["train"] = in_memory(images, train.labels[order], train.example_ids[order], train.class_names)
    asked = {"splits": ["train", "test"], **NEEDED.get(name, {}), **options}
    return plant(given, {name: asked}, study_seed=seed)


def contents(split: Split, name: str) -> dict[int, tuple[int, bytes, str]]:
    """By id: label, pixels and mark."""
    images = split.read(np.arange(len(split)))
    marks = split.attributes[name]
    return {
        int(i): (int(label), image.tobytes(), str(mark))
        for i, label, image, mark in zip(split.example_ids, split.labels, images, marks, strict=True)
    }


@over_plants
def test_what_it_states_is_read_without_importing_it(name: str) -> None:
    spec: PlantSpec = registry.load(registry.PLANTS, name)
    for field in ("name", "title", "summary", "source", "changes"):
        assert registry.literal(registry.PLANTS, name, field) == getattr(spec, field)
    assert spec.name == name and spec.plant.__doc__ and __import__(spec.plant.__module__, fromlist=["SPEC"]).__doc__
    for option, stated in spec.Options.model_fields.items():
        assert stated.description, option


@over_plants
def test_it_changes_what_it_marks_and_nothing_else(name: str) -> None:
    before, after = splits(), planted(name)
    changes = registry.literal(registry.PLANTS, name, "changes")
    for place in ("train", "test"):
        found = contents(after[place], name)
        marked = [i for i, (_, _, mark) in found.items() if mark == "yes"]
        assert 0 < len(marked) < len(found)
        own = before[place]
        pixels = own.read(np.arange(len(own)))
        for row, i in enumerate(own.example_ids):
            if int(i) not in found:
                assert changes == "number" and place == "train"
                continue
            label, image, mark = found[int(i)]
            same = label == own.labels[row] and image == pixels[row].tobytes()
            assert same or mark == "yes"
            if changes == "labels" and mark == "yes":
                assert label != own.labels[row] and image == pixels[row].tobytes()
            if changes == "images" and mark == "yes":
                assert label == own.labels[row] and image != pixels[row].tobytes()


@over_plants
def test_what_is_planted_hangs_on_the_ids_and_not_on_how_images_are_stored(name: str) -> None:
    order = np.random.default_rng(3).permutation(120)
    for place in ("train", "test"):
        assert contents(planted(name)[place], name) == contents(planted(name, order=order)[place], name)


@over_plants
def test_the_same_seed_plants_the_same_and_another_seed_other_examples(name: str) -> None:
    one, again, other = (contents(planted(name, seed=seed)["train"], name) for seed in (0, 0, 1))
    assert one == again and one != other


@over_plants
def test_images_read_in_parts_are_the_same(name: str) -> None:
    split = planted(name)["test"]
    whole = split.read(np.arange(len(split)))
    parts = [split.read(rows) for rows in np.array_split(np.arange(len(split)), 7)]
    assert np.array_equal(whole, np.concatenate(parts))


@pytest.mark.parametrize(
    ("name", "share"), list(product([name for name in NAMES if name != "long_tail"], [0, 1, -0.1, 1.5]))
)
def test_a_share_of_nothing_or_of_all_is_refused(name: str, share: float) -> None:
    with pytest.raises(ConfigError, match="share"):
        planted(name, share=share)


def test_no_example_gets_two_plants() -> None:
    asked = {
        name: {"splits": ["train"], "share": 0.08, **NEEDED.get(name, {})}
        for name in NAMES
        if name not in ("long_tail", "subgroup")
    }
    train = plant(splits(), asked, study_seed=0)["train"]
    marks = np.stack([train.attributes[name] == "yes" for name in asked])
    assert marks.sum(axis=0).max() == 1 and (marks.sum(axis=1) > 0).all()


def test_labels_are_changed_last_and_the_true_class_is_kept() -> None:
    asked = {"noise": {"plugin": "uniform_noise", "share": 0.2}, "shifted": {"splits": ["train"]}}
    assert [one.name for one in read_plants(asked)] == ["shifted", "noise"]
    own, train = splits()["train"], plant(splits(), asked, study_seed=0)["train"]
    assert list(train.attributes[TRUE_CLASS]) == [own.class_names[label] for label in own.labels]
    assert (train.labels != own.labels).sum() == 24 == (train.attributes["noise"] == "yes").sum()


def test_another_plant_beside_it_moves_no_draw_that_it_does_not_take() -> None:
    """What is planted in a split first is the same alone; a later one draws among fewer."""
    alone = plant(splits(), {"shifted": {"splits": ["test"]}}, study_seed=0)["test"]
    beside = plant(splits(), {"shifted": {"splits": ["test"]}, "mixture": {"splits": ["test"]}}, study_seed=0)["test"]
    assert (alone.attributes["shifted"] == beside.attributes["shifted"]).all()


def test_the_tail_has_exponentially_fewer_images_as_is_said_before_any_is_read() -> None:
    (asked,) = read_plants({"long_tail": {"ratio": 8}})
    train = plant(splits(), {"long_tail": {"ratio": 8}}, study_seed=5)["train"]
    counts = np.bincount(train.labels, minlength=CLASSES)
    assert tuple(counts) == asked.spec.counts((30,) * CLASSES, asked.options, asked.generator(5))
    assert sorted(counts, reverse=True) == [30, 15, 8, 4]
    tail = counts.argmin()
    assert ((train.attributes["long_tail"] == "yes") == (train.labels == tail)).all()
    assert set(train.attributes["class_frequency"][train.labels == tail]) == {"rare"}


def test_a_class_that_is_not_there_is_refused() -> None:
    with pytest.raises(LetheError, match="label 9 given, but there are 4 classes"):
        planted("subgroup", label=9)


def test_more_foreign_images_than_there_are_is_refused() -> None:
    with pytest.raises(LetheError, match="far: 60 images of toy asked for"):
        planted("far", share=0.5, options={"train": 40, "test": 12})


def test_unknown_kinds_and_options_are_told_with_what_is_near() -> None:
    with pytest.raises(LetheError, match="did you mean 'uniform_noise'"):
        read_plants({"uniform_nois": {}})
    with pytest.raises(LetheError, match="did you mean 'share'"):
        read_plants({"uniform_noise": {"shar": 0.1}})


def test_the_confusable_class_is_the_one_whose_mean_is_nearest() -> None:
    """Means rise with the label: the nearest of an end is its neighbour."""
    own, train = splits()["train"], planted("confusable_noise", share=0.3)["train"]
    moved = {(int(a), int(b)) for a, b in zip(own.labels, train.labels, strict=True) if a != b}
    assert {(0, 1), (3, 2)} <= moved and all(abs(a - b) == 1 for a, b in moved)


def test_instances_that_look_like_another_class_are_chosen_more_often() -> None:
    given = splits()
    train = given["train"]
    images = train.read(np.arange(120))
    doubtful = np.arange(0, 120, 3)
    images[doubtful] = np.clip(images[doubtful].astype(int) + 22, 0, 255).astype(np.uint8)
    given["train"] = replace(train, read=lambda rows: images[rows])
    chosen = (
        plant(given, {"instance_noise": {"share": 0.3}}, study_seed=1)["train"].attributes["instance_noise"] == "yes"
    )
    assert chosen[doubtful].mean() > 1.3 * np.delete(chosen, doubtful).mean()
