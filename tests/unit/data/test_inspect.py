"""What is told of prepared images, what is refused, and that images as they should be are left in peace."""

import io

import numpy as np
import pytest
from PIL import Image

from lethe.core.errors import DataError
from lethe.data.inspect import NEAR, Pictures, inspect, traits_of
from lethe.data.prepare import Source, load_splits
from support.near import assert_near

NAMES = ("ant", "bee", "cat")


def photos(count: int, *, size: int = 32, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Smooth pictures with a little noise, all different."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    waves = generator.uniform(0.5, 9, (count, channels, 4))
    smooth = np.sin(waves[..., 0, None, None] * x + waves[..., 1, None, None]) + np.cos(
        waves[..., 2, None, None] * y + waves[..., 3, None, None]
    )
    return np.clip(127 + 50 * smooth + generator.normal(0, 5, smooth.shape), 0, 255).astype(np.uint8)


def pictures(split: str, images: np.ndarray, labels: np.ndarray | None = None, *, named: bool = True) -> Pictures:
    labels = np.arange(len(images)) % 3 if labels is None else labels
    names = [f"{split}/{NAMES[label]}/{row:03d}.png" for row, label in enumerate(labels)] if named else ()
    return Pictures({"train": "training"}.get(split, split), images, labels, 100 + np.arange(len(images)), names)


def told(train: np.ndarray, test: np.ndarray, **options: bool) -> list[str]:
    return inspect(pictures("train", train, **options), pictures("test", test, **options), NAMES)


TRAIN, TEST = photos(60), photos(30, seed=1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [4, 7, 32])
def test_nothing_is_told_of_different_pictures(channels: int, size: int) -> None:
    train, test = (photos(count, size=size, channels=channels, seed=count) for count in (60, 30))
    assert told(train, test) == []


@pytest.mark.parametrize(
    ("name", "options"),
    [("digits", "{}"), ("toy", "{}"), ("toy", '{"noise": 0.05}'), ("toy", '{"train": 2000, "test": 1000, "size": 16}')],
)
def test_nothing_is_told_of_the_data_sets_that_come_along(name: str, options: str) -> None:
    splits = load_splits(Source(name, options, None, None, 0))
    train, test = (
        Pictures(split, found.read(np.arange(len(found))), found.labels, found.example_ids)
        for split, found in splits.items()
    )
    assert inspect(train, test, splits["train"].class_names) == []


def one_value(value: int) -> np.ndarray:
    return np.full_like(TRAIN, value)


@pytest.mark.parametrize("train", [one_value(0), one_value(255), np.repeat(TRAIN[:1], 60, axis=0)])
@pytest.mark.parametrize("split", ["training", "test"])
def test_images_that_are_all_equal_are_refused_with_names(train: np.ndarray, split: str) -> None:
    given = (train, TEST) if split == "training" else (TRAIN, train)
    with pytest.raises(DataError, match=rf"all 60 {split} images are one picture .* t.*/ant/000.png, .* and 57 more"):
        told(*given)


def test_one_class_alone_is_refused() -> None:
    train = pictures("train", TRAIN, np.ones(60, dtype=np.int64))
    with pytest.raises(DataError, match="all 60 training images are of class 'bee'; a study needs two classes"):
        inspect(train, pictures("test", TEST), NAMES)


def test_images_of_one_colour_are_told() -> None:
    train = TRAIN.copy()
    train[[3, 9]] = np.array([10, 200, 30])[None, :, None, None]
    train[9] += 1
    assert told(train, TEST) == [
        "2 of 60 training images have one colour throughout: train/ant/003.png, train/ant/009.png."
    ]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("divisor", "ground"), [(130, 0), (16, 0), (16, 230)])
def test_images_that_use_little_of_the_scale_are_told(channels: int, divisor: int, ground: int) -> None:
    """Floats from 0 to 1 or twelve bits, stored as if they were all the bits there are."""
    train, test = (photos(count, channels=channels, seed=count) // divisor + ground for count in (60, 30))
    sentences = [one for one in told(train.astype(np.uint8), test.astype(np.uint8)) if "lie between" in one]
    low, high = train.min(), train.max()
    assert sentences[0] == (
        f"All 60 training images lie between {low} and {high} of 255 grey levels; rescale the files if this is not "
        "meant."
    )
    assert len(sentences) == 2 and not told(TRAIN // 2, TEST // 2)


def test_mostly_repeated_images_are_told_and_a_few_are_not() -> None:
    labels = np.arange(60) // 20
    often, seldom = TRAIN[labels * 5 + np.arange(60) % 5], TRAIN.copy()
    seldom[3] = seldom[0]

    def said(images: np.ndarray) -> list[str]:
        return inspect(pictures("train", images, labels), pictures("test", TEST), NAMES)

    assert said(often) == ["The 60 training images are only 15 different ones; all others repeat them."]
    assert said(seldom) == []


def test_one_picture_in_two_classes_is_told() -> None:
    train = TRAIN.copy()
    train[7] = train[3]
    assert told(train, TEST) == [
        "2 of 60 training images equal one of another class pixel for pixel: train/ant/003.png, train/bee/007.png."
    ]


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize(("channel", "name"), [(0, "red"), (1, "green"), (2, "blue")])
def test_an_empty_channel_is_told(channel: int, name: str, value: int) -> None:
    train, test = TRAIN.copy(), TEST.copy()
    train[:, channel] = value
    (sentence,) = told(train, test)
    assert sentence.startswith(f"The {name} channel is {value} in every training image, but not in the test images")
    test[:, channel] = value
    (sentence,) = told(train, test)
    assert sentence == f"The {name} channel is {value} in every training image; networks are not shown it."


def test_a_channel_that_is_empty_in_testing_alone_is_told() -> None:
    test = TEST.copy()
    test[:, 1] = 40
    (sentence,) = told(TRAIN, test)
    assert sentence == "The green channel is 40 in every test image, but not in the training images."


def test_a_faint_channel_is_told() -> None:
    train = TRAIN.copy()
    train[:, 2] = 0
    train[5, 2, 3, 3] = 255
    (sentence,) = told(train, TEST)
    assert sentence.startswith("The blue channel hardly varies in the training images")


def encoded(images: np.ndarray, quality: int) -> np.ndarray:
    found = []
    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image.transpose(1, 2, 0)).save(buffer, "JPEG", quality=quality)
        found.append(np.asarray(Image.open(buffer)).transpose(2, 0, 1))
    return np.stack(found)


NEARLY = {
    "encoded again": lambda images: encoded(images, 80),
    "a grey level brighter": lambda images: images + (images < 255),
    "one pixel": lambda images: np.where(np.arange(32 * 32).reshape(32, 32) == 100, 255 - images, images),
    "noise": lambda images: np.clip(
        images + np.random.default_rng(0).normal(0, 2, images.shape).round(), 0, 255
    ).astype(np.uint8),
}


@pytest.mark.parametrize("how", NEARLY)
def test_test_images_that_nearly_are_training_images_are_told(how: str) -> None:
    test = TEST.copy()
    test[[4, 8]] = NEARLY[how](TRAIN[[10, 20]]).astype(np.uint8)
    assert told(TRAIN, test) == [
        "2 of 30 test images nearly equal training images, where accuracy is memory; first test/bee/004.png and "
        "train/bee/010.png."
    ]


@pytest.mark.parametrize("count", [1, 30])
def test_test_images_that_are_training_images_are_told(count: int) -> None:
    test = TEST.copy()
    test[:count] = TRAIN[30 : 30 + count]
    assert told(TRAIN, test, named=False) == [
        f"{count} of 30 test images are also training images, pixel for pixel, where accuracy is memory; first "
        "example_id 100 and example_id 130."
    ]


def test_a_share_of_near_copies_that_moves_no_accuracy_is_not_told() -> None:
    test = photos(300, seed=2)
    test[0] = TRAIN[0] + (TRAIN[0] < 255)
    assert told(TRAIN, test) == []
    test[1:3] = TRAIN[1:3] + (TRAIN[1:3] < 255)
    assert "3 of 300 test images nearly equal" in told(TRAIN, test)[0]


def test_every_near_copy_is_found_that_a_full_comparison_finds() -> None:
    """Thumbnails only choose candidates: all pairs compared pixel by pixel give the same images."""
    train, generator = photos(80, size=9), np.random.default_rng(3)
    noise = generator.normal(0, 1, (40, 3, 9, 9)) * np.linspace(0, 12, 40)[:, None, None, None]
    test = np.clip(train[:40] + noise, 0, 255).astype(np.uint8)
    difference = np.sqrt(((test[:, None].astype(float) - train[None]) ** 2).mean(axis=(2, 3, 4)))  # 9 < 16: as they are
    contrast = np.sqrt(test.astype(float).var(axis=(2, 3)).mean(axis=1))
    expected = int((difference.min(axis=1) <= NEAR * contrast).sum())
    exact = int((difference.min(axis=1) == 0).sum())
    assert 10 < expected < 40
    sentences = " ".join(told(train, test))
    assert f"{expected - exact} of 40 test images nearly equal" in sentences


@pytest.mark.parametrize(
    ("train", "test", "sentence"),
    [
        ([0, 0, 1, 1], [0, 1], "1 of 3 classes have no image at all: cat."),
        (
            [0, 0, 1, 1],
            [0, 0, 1, 1, 2, 2],
            "1 of 3 classes have no training image, so that they cannot be learnt: cat.",
        ),
        (
            [0, 0, 1, 1, 2, 2],
            [0, 0, 1, 1],
            "1 of 3 classes have no test image, so that nothing is measured of them: cat.",
        ),
        ([0, 0, 1, 2], [0, 0, 1, 1, 2, 2], "2 of 3 classes have a single training image: bee, cat."),
        ([0, 0, 1, 1, 2, 2], [0, 0, 1, 2], "2 of 3 classes have a single test image: bee, cat."),
    ],
)
def test_classes_without_images_or_with_one_are_told(train: list[int], test: list[int], sentence: str) -> None:
    splits = [("train", TRAIN, train), ("test", TEST, test)]
    given = [pictures(split, images[: len(labels)], np.array(labels)) for split, images, labels in splits]
    assert sentence in inspect(*given, NAMES)


def test_traits_do_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = traits_of(TRAIN)
    monkeypatch.setattr("lethe.data.store._CHUNK_BYTES", 7 * TRAIN[0].nbytes)
    parts = traits_of(TRAIN)
    for name in ("digests", "is_constant", "contrast", "thumbnails", "lowest", "highest"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
    assert_near(whole.spread, parts.spread)
    assert_near(whole.spread, TRAIN.std(axis=(0, 2, 3)), rtol=1e-6)
