"""Corruptions against other libraries and against slow transcriptions of their equations."""

import colorsys
import math
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from lethe.core import registry
from lethe.core.splits import SEVERITIES, Corrupted
from lethe.data.corrupt import corrupt_images
from lethe.data.corruption_geometry import convolved, disk, moved
from lethe.data.corruptions.fog import clouds
from support.near import assert_near


def images(count: int = 5, channels: int = 3, side: int = 9) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, channels, side, side), dtype=np.uint8)


def corrupted(name: str, severity: int, given: np.ndarray) -> np.ndarray:
    return corrupt_images(given, np.arange(len(given)), Corrupted(name, severity), study_seed=0)


@pytest.mark.parametrize(("severity", "quality"), [(1, 80), (2, 65), (3, 58), (4, 50), (5, 40)])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_pillows(severity: int, quality: int, channels: int) -> None:
    given = images(channels=channels, side=16)
    for image, found in zip(given, corrupted("jpeg", severity, given), strict=True):
        file = BytesIO()
        Image.fromarray(image[0] if channels == 1 else image.transpose(1, 2, 0)).save(file, "JPEG", quality=quality)
        expected = np.asarray(Image.open(file)).reshape(16, 16, channels).transpose(2, 0, 1)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "position"), [("brightness", 2), ("saturate", 1)])
@pytest.mark.parametrize("severity", [1, 5])
def test_colours_change_as_in_hsv(name: str, position: int, severity: int) -> None:
    """The Python library's conversions, pixel by pixel; hue and the other quantity stay."""
    change = {
        "brightness": lambda value: value + (0.05, 0.30)[severity > 1],
        "saturate": lambda value: value * (1.5, 5.0)[severity > 1],
    }[name]
    given = images()
    given[0, :, 0, 0] = 0
    given[0, :, 0, 1] = 77
    found = corrupted(name, severity, given)
    for row, y, x in np.ndindex(5, 9, 9):
        hsv = list(colorsys.rgb_to_hsv(*(given[row, :, y, x] / 255)))
        hsv[position] = min(change(hsv[position]), 1)
        assert_near(found[row, :, y, x], 255 * np.array(colorsys.hsv_to_rgb(*hsv)), atol=0.51)


def test_moving_pixels_is_bilinear_interpolation() -> None:
    generator = np.random.default_rng(2)
    given = generator.random((3, 2, 7, 11)).astype(np.float32)
    down, right = (generator.normal(0, 3, (3, 7, 11)).astype(np.float32) for _ in range(2))
    y, x = np.mgrid[:7, :11]
    for row, found in enumerate(moved(given, down, right)):
        places = [(y + down[row]).clip(0, 6), (x + right[row]).clip(0, 10)]
        for channel in range(2):
            expected = ndimage.map_coordinates(given[row, channel], places, order=1, mode="nearest")
            assert_near(found[channel], expected, atol=1e-5)


def test_convolving_is_scipys() -> None:
    given = np.random.default_rng(3).random((2, 1, 6, 9)).astype(np.float32)
    kernel = np.random.default_rng(4).random((3, 3))
    expected = [ndimage.correlate(image[0], kernel, mode="nearest") for image in given]
    assert_near(convolved(given, kernel)[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("radius", [0.2, 0.9, 1.7, 6.3])
def test_a_disk_is_round_and_has_its_radius(radius: float) -> None:
    kernel = disk(radius)
    assert kernel.sum() == pytest.approx(1)
    assert_near(kernel, kernel.T, atol=1e-12)
    assert_near(kernel, kernel[::-1], atol=1e-12)
    offsets = np.arange(len(kernel)) - len(kernel) // 2
    # A disk's variance along an axis is r^2 / 4; sharing a point among pixels adds at most a quarter.
    variance = (kernel.sum(axis=0) * offsets**2).sum()
    assert radius**2 / 4 <= variance <= radius**2 / 4 + 0.25


def _clouds_by_point(roughness: np.ndarray, decay: float) -> np.ndarray:
    """Diamond-square on a torus, one point at a time, its changes as published: wibble x uniform(-wibble, wibble)."""
    side = len(roughness)
    heights, step, wibble = np.zeros((side, side)), side, 100.0
    while step > 1:
        half = step // 2

        def mean(y: int, x: int, places: list[tuple[int, int]], heights=heights, half=half) -> float:
            return sum(heights[(y + a * half) % side, (x + b * half) % side] for a, b in places) / 4

        def change(y: int, x: int, wibble=wibble) -> float:
            return wibble * (wibble * roughness[y, x])

        grid = range(0, side, step)
        for y, x in ((y + half, x + half) for y in grid for x in grid):
            heights[y, x] = mean(y, x, [(-1, -1), (-1, 1), (1, -1), (1, 1)]) + change(y, x)
        cross = [(-1, 0), (1, 0), (0, -1), (0, 1)]
        edges = [(y, x + half) for y in grid for x in grid] + [(y + half, x) for y in grid for x in grid]
        new = {(y, x): mean(y, x, cross) + change(y, x) for y, x in edges}
        for place, value in new.items():
            heights[place] = value
        step, wibble = half, wibble / decay
    return (heights - heights.min()) / (heights.max() - heights.min())


def test_clouds_are_drawn_by_diamond_square() -> None:
    roughness = np.random.default_rng(5).uniform(-1, 1, (3, 8, 8))
    expected = [_clouds_by_point(one, 1.75) for one in roughness]
    assert_near(clouds(roughness, 1.75), expected, atol=1e-12)


def test_clouds_are_as_rough_as_published_ones() -> None:
    """Mean step between neighbours over the standard deviation, on CIFAR's 32 pixels at severity 5."""
    drawn = clouds(np.random.default_rng(0).uniform(-1, 1, (300, 32, 32)), 1.75)
    roughness = np.abs(np.diff(drawn, axis=2)).mean(axis=(1, 2)) / drawn.std(axis=(1, 2))
    assert roughness.mean() == pytest.approx(0.170, abs=0.005)


@pytest.mark.parametrize(("name", "value", "spread"), [
    ("gaussian_noise", 128, 255 * 0.08),
    ("shot_noise", 128, 255 * math.sqrt(128 / 255 / 100)),
])  # fmt: skip
def test_noise_has_its_variance(name: str, value: int, spread: float) -> None:
    found = corrupted(name, 3, np.full((20, 1, 16, 16), value, np.uint8))
    assert found.mean() == pytest.approx(value, abs=1.5)
    assert found.std() == pytest.approx(spread, rel=0.05)


def test_impulses_are_nested_and_as_many_as_asked() -> None:
    given = np.full((40, 1, 16, 16), 100, np.uint8)
    changed = [corrupted("impulse_noise", severity, given) != given for severity in SEVERITIES]
    for milder, harsher in pairwise(changed):
        assert harsher[milder].all()
    assert [part.mean() for part in changed] == pytest.approx([0.01, 0.02, 0.03, 0.05, 0.07], rel=0.2)


def test_contrast_keeps_the_mean() -> None:
    given = images(side=16)
    found = corrupted("contrast", 5, given)
    assert_near(found.mean(axis=(2, 3)), given.mean(axis=(2, 3)), atol=0.6)
    assert_near(found.std(axis=(2, 3)), 0.15 * given.std(axis=(2, 3)), rtol=0.05)


def test_flat_images_stay_flat_where_only_places_change() -> None:
    given = np.full((2, 3, 8, 8), 90, np.uint8)
    for name in ("defocus_blur", "motion_blur", "elastic", "pixelate", "contrast", "saturate"):
        assert name in registry.names(registry.CORRUPTIONS)
        np.testing.assert_array_equal(corrupted(name, 5, given), given)
