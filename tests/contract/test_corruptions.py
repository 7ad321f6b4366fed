"""What every corruption promises: valid pixels, rising severity, and images that do not depend on each other."""

import numpy as np
import pytest

from lethe.core import registry
from lethe.core.splits import SEVERITIES, Corrupted
from lethe.data.corrupt import corrupt_images

NAMES = registry.names(registry.CORRUPTIONS)
SHAPES = ((1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 64))
IDS = np.array([7, 3, 1009, 50_000, 12, 2**40])


def smooth_images(shape: tuple[int, int, int], count: int = len(IDS)) -> np.ndarray:
    """Waves of different length, direction and colour, from black to white."""
    generator = np.random.default_rng(0)
    channels, height, width = shape
    y, x = np.mgrid[:height, :width] / height
    waves = generator.uniform(-9, 9, (count, channels, 4, 2)) * np.array([[1], [1], [0.5], [0.3]])
    phase = waves[..., :1, None] * x + waves[..., 1:, None] * y + generator.uniform(0, 6, (count, channels, 4, 1, 1))
    mixed = np.sin(phase).sum(axis=2)
    low, high = mixed.min(axis=(1, 2, 3), keepdims=True), mixed.max(axis=(1, 2, 3), keepdims=True)
    return np.rint(255 * (mixed - low) / (high - low)).astype(np.uint8)


def made(name: str, severity: int, images: np.ndarray, ids: np.ndarray = IDS, seed: int = 0) -> np.ndarray:
    return corrupt_images(images, ids, Corrupted(name, severity), study_seed=seed)


def of(name: str, shape: tuple[int, int, int]) -> bool:
    """Whether a corruption does something to images of a shape."""
    return shape[0] == 3 or not registry.literal(registry.CORRUPTIONS, name, "color", default=False)


@pytest.mark.parametrize("name", NAMES)
def test_literals_can_be_read_without_importing(name: str) -> None:
    spec = registry.load(registry.CORRUPTIONS, name)
    assert spec.name == name == registry.literal(registry.CORRUPTIONS, name, "name")
    assert registry.literal(registry.CORRUPTIONS, name, "summary") == spec.summary and not spec.summary.endswith(".")
    assert registry.literal(registry.CORRUPTIONS, name, "source") == spec.source
    assert registry.literal(registry.CORRUPTIONS, name, "color", default=False) == spec.color


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_severities_rise_and_pixels_are_valid(name: str, shape: tuple[int, int, int]) -> None:
    count = 240 // shape[1]
    images, ids = smooth_images(shape, count), np.arange(count) + 11
    before = images.copy()
    found = [made(name, severity, images, ids) for severity in SEVERITIES]
    np.testing.assert_array_equal(images, before)
    assert all(corrupted.dtype == np.uint8 and corrupted.shape == images.shape for corrupted in found)
    distances = [np.abs(corrupted.astype(float) - images).mean() for corrupted in found]
    if of(name, shape):
        assert distances[0] > 0.1 and np.all(np.diff(distances) > 0), distances
    else:
        assert distances == [0] * len(SEVERITIES)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 19, 19)], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_an_image_depends_on_its_id_and_on_no_other_image(name: str, shape: tuple[int, int, int]) -> None:
    images = smooth_images(shape)
    whole = made(name, 3, images)
    order = np.array([5, 0, 3])
    np.testing.assert_array_equal(made(name, 3, images[order], IDS[order]), whole[order])
    for row in (0, 5):
        np.testing.assert_array_equal(made(name, 3, images[[row]], IDS[[row]]), whole[[row]])


@pytest.mark.parametrize("name", NAMES)
def test_ids_and_study_seeds_decide_the_draws(name: str) -> None:
    images = np.repeat(smooth_images((3, 16, 16), 1), 2, axis=0)
    one = made(name, 4, images, np.array([1, 2]))
    other = made(name, 4, images, np.array([1, 2]), seed=1)
    assert np.array_equal(one[0], one[1]) == np.array_equal(one, other)  # where something is drawn, both decide it


@pytest.mark.parametrize("name", NAMES)
def test_images_need_not_be_square(name: str) -> None:
    images = smooth_images((3, 12, 20))
    found = made(name, 2, images)
    assert found.shape == images.shape and (found != images).any()
