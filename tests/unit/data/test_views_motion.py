"""Views that move pixels, against torchvision image by image, and how their draws are distributed."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from lethe.data.augment import read_pipeline, to_float
from lethe.data.view_warp import Motion, at_rest, warp
from lethe.data.views.affine import Options as AffineOptions
from lethe.data.views.affine import draw_motion
from lethe.data.views.crop import shifted_crop
from lethe.data.views.cutout import paint_squares
from lethe.data.views.resized_crop import Boxes, draw_boxes, resized_crop
from support.near import assert_near

shapes = st.tuples(st.integers(1, 6), st.sampled_from([1, 3]), st.integers(2, 12), st.integers(2, 12))


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _pixels(shape, seed=0):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=_generator(seed))


def _view(step, images, seed=0):
    return read_pipeline([step])[0].apply(images, _generator(seed))


@given(shape=shapes, padding=st.integers(0, 4), seed=st.integers(0, 99), last=st.booleans(), floats=st.booleans())
@settings(deadline=None, max_examples=40)
def test_crop_is_torchvisions_image_by_image(shape, padding, seed, last, floats):
    from torchvision.transforms.v2 import functional

    images = _pixels(shape, seed)
    images = images.float() if floats else images
    images = images.contiguous(memory_format=torch.channels_last) if last else images
    top, left = torch.randint(0, 2 * padding + 1, (2, shape[0]), generator=_generator(seed))
    given = shifted_crop(images, padding, top, left)
    for image, crop, y, x in zip(images, given, top.tolist(), left.tolist(), strict=True):
        padded = functional.pad(image, [padding] * 4)
        assert torch.equal(crop, functional.crop(padded, y, x, *shape[2:]))


def test_crop_offsets_are_uniform_and_differ_between_images():
    images = torch.zeros(20_000, 1, 5, 5, dtype=torch.uint8)
    images[:, :, 2, 2] = 255
    where = _view({"crop": {"padding": 0.4}}, images).flatten(1).float().argmax(1)
    counts = torch.bincount(where, minlength=25)
    # 800 expected each; the standard deviation is 28.
    assert (counts - 800).abs().max() < 120


def test_padding_is_four_at_32_pixels_and_one_at_8():
    for size, padding in ((32, 4), (28, 4), (8, 1)):
        bright = torch.full((500, 1, size, size), 255, dtype=torch.uint8)
        black_rows = (_view("crop", bright).int().sum(dim=(1, 3)) == 0).sum(1)
        assert black_rows.max() == padding


@pytest.mark.parametrize(("view", "axis"), [("flip", -1), ("vertical_flip", -2)])
@pytest.mark.parametrize("p", [0.5, 0.2])
def test_flips_mirror_their_share_of_the_images(view, axis, p):
    images = _pixels((4_000, 3, 4, 6))
    moved = _view({view: {"p": p}}, images)
    flipped = (moved == images.flip(axis)).flatten(1).all(1)
    kept = (moved == images).flatten(1).all(1)
    assert (flipped ^ kept).all()
    assert abs(flipped.float().mean() - p) < 0.04


@given(shape=shapes, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_resized_crop_is_torchvisions_image_by_image(shape, seed):
    from torchvision.transforms.v2 import functional

    images = to_float(_pixels(shape, seed))
    boxes = draw_boxes(shape, (0.05, 1.0), (0.5, 2.0), _generator(seed))
    given = resized_crop(images, boxes)
    for row, crop in enumerate(given):
        box = [int(side[row]) for side in (boxes.top, boxes.left, boxes.height, boxes.width)]
        expected = functional.resized_crop(images[row], *box, list(shape[2:]), antialias=True)
        assert_near(crop, expected, atol=2e-5, rtol=0)


def test_box_of_the_whole_image_changes_nothing():
    images = to_float(_pixels((3, 1, 7, 9)))
    zero = torch.zeros(3, dtype=torch.int64)
    whole = Boxes(zero, zero, zero + 7, zero + 9)
    assert_near(resized_crop(images, whole), images, atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(32, 32), (28, 20)])
def test_boxes_are_distributed_as_torchvisions(size):
    from torchvision.transforms import RandomResizedCrop

    scale, ratio = (0.08, 1.0), (3 / 4, 4 / 3)
    boxes = draw_boxes((4_000, 1, *size), scale, ratio, _generator())
    image = torch.zeros(1, *size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        expected = np.array([RandomResizedCrop.get_params(image, scale, ratio) for _ in range(4_000)])
    for column, side in enumerate((boxes.top, boxes.left, boxes.height, boxes.width)):
        assert ks_2samp(side.numpy(), expected[:, column]).pvalue > 1e-3
    assert (boxes.top >= 0).all() and (boxes.top + boxes.height <= size[0]).all()
    assert (boxes.left >= 0).all() and (boxes.left + boxes.width <= size[1]).all()


@pytest.mark.parametrize("size", [(4, 64), (64, 4), (9, 30)])
def test_where_no_draw_fits_the_central_box_is_torchvisions(size):
    from torchvision.transforms import RandomResizedCrop

    ratio = (0.9, 1.1)
    boxes = draw_boxes((5, 1, *size), (1.0, 1.0), ratio, _generator())
    expected = RandomResizedCrop.get_params(torch.zeros(1, *size), (1.0, 1.0), ratio)
    for side, value in zip((boxes.top, boxes.left, boxes.height, boxes.width), expected, strict=True):
        assert side.tolist() == [value] * 5


def test_resized_crop_of_one_pixel_is_flat():
    images = to_float(_pixels((50, 1, 8, 8)))
    flat = _view({"resized_crop": {"scale": [1 / 64, 1 / 64], "ratio": [1.0, 1.0]}}, images)
    assert_near(flat, flat[:, :, :1, :1].expand_as(flat), atol=1e-5, rtol=0)


@given(shape=shapes, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_warp_is_torchvisions_affine_image_by_image(shape, seed):
    from torchvision.transforms.v2 import InterpolationMode, functional

    images = to_float(_pixels(shape, seed))
    count, draw = shape[0], torch.rand(6, shape[0], generator=_generator(seed))
    motion = Motion(
        angle=(draw[0] - 0.5) * 2 * math.pi,
        scale=draw[1] + 0.5,
        right=(draw[2] * 7).floor() - 3,
        down=(draw[3] * 7).floor() - 3,
        shear_x=draw[4] - 0.5,
        shear_y=draw[5] - 0.5,
    )
    given = warp(images, motion)
    for row in range(count):
        expected = functional.affine(
            images[row],
            angle=math.degrees(motion.angle[row]),
            translate=[float(motion.right[row]), float(motion.down[row])],
            scale=float(motion.scale[row]),
            shear=[math.degrees(math.atan(motion.shear_x[row])), math.degrees(math.atan(motion.shear_y[row]))],
            interpolation=InterpolationMode.BILINEAR,
        )
        assert_near(given[row], expected, atol=1e-4, rtol=0)


def test_a_motion_at_rest_changes_nothing():
    images = to_float(_pixels((3, 3, 7, 9)))
    assert_near(warp(images, at_rest(3)), images, atol=1e-5, rtol=0)


def test_motions_keep_their_ranges_and_differ():
    options = AffineOptions(rotation=20, translation=0.25, scale=(0.5, 2.0))
    motion = draw_motion(torch.zeros(5_000, 1, 8, 12), options, _generator())
    for values, low, high in (
        (motion.angle.rad2deg(), -20, 20),
        (motion.right, -3, 3),
        (motion.down, -2, 2),
        (motion.scale.log2(), -1, 1),
    ):
        assert values.min() >= low - 1e-5 and values.max() <= high + 1e-5
        # Uniform: every tenth of the range has 500 of the draws, give or take 21.
        counts = torch.histc(values, 10, low, high)
        assert (counts - 500).abs().max() < 110


@given(shape=shapes, side=st.integers(1, 8), seed=st.integers(0, 99), floats=st.booleans())
@settings(deadline=None, max_examples=40)
def test_painted_squares_are_torchvisions_erased_ones(shape, side, seed, floats):
    from torchvision.transforms.v2 import functional

    images = _pixels(shape, seed)
    images = to_float(images) if floats else images
    top, left = torch.randint(-side, max(shape[2:]), (2, shape[0]), generator=_generator(seed))
    given = paint_squares(images, top, left, side, 1.0)
    value = torch.ones((), dtype=images.dtype) * (1.0 if floats else 255)
    for row, (y, x) in enumerate(zip(top.tolist(), left.tolist(), strict=True)):
        box = (max(y, 0), max(x, 0), max(y + side, 0) - max(y, 0), max(x + side, 0) - max(x, 0))
        assert torch.equal(given[row], functional.erase(images[row], *box, value))


def test_cutout_hides_at_most_its_square_around_any_pixel():
    images = torch.full((4_000, 1, 8, 8), 255, dtype=torch.uint8)
    hidden = _view({"cutout": {"size": 0.5, "fill": 0.0}}, images)[:, 0] == 0
    areas = hidden.flatten(1).sum(1)
    # A centre in a corner leaves 2 x 2 of 4 x 4 inside.
    assert areas.min() == 4 and areas.max() == 16
    assert hidden.any(0).all() and hidden.dtype == torch.bool
