"""Batched views against torchvision image by image, their distributions, and where their draws come from."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from lethe.core.errors import UnknownName
from lethe.data.resized_crop import Boxes, draw_boxes, random_resized_crop, resized_crop
from lethe.data.spec import VIEWS
from lethe.data.views import (
    STEPS,
    augment,
    default_views,
    random_crop,
    random_flip,
    random_vertical_flip,
    shifted_crop,
    to_float,
)

shapes = st.tuples(st.integers(1, 6), st.sampled_from([1, 3]), st.integers(2, 12), st.integers(2, 12))


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _pixels(shape, seed=0):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=_generator(seed))


@given(shape=shapes, padding=st.integers(0, 4), seed=st.integers(0, 99), last=st.booleans(), floats=st.booleans())
@settings(deadline=None)
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
    where = random_crop(images, 2, _generator()).flatten(1).float().argmax(1)
    counts = torch.bincount(where, minlength=25)
    # 800 expected each; the standard deviation is 28.
    assert (counts - 800).abs().max() < 120


@pytest.mark.parametrize(("step", "axis"), [(random_flip, -1), (random_vertical_flip, -2)])
def test_flips_mirror_half_of_the_images(step, axis):
    images = _pixels((4_000, 3, 4, 6))
    moved = step(images, _generator())
    flipped = (moved == images.flip(axis)).flatten(1).all(1)
    kept = (moved == images).flatten(1).all(1)
    assert (flipped ^ kept).all()
    assert abs(flipped.float().mean() - 0.5) < 0.04


@given(shape=shapes, seed=st.integers(0, 99))
@settings(deadline=None)
def test_resized_crop_is_torchvisions_image_by_image(shape, seed):
    from torchvision.transforms.v2 import functional

    images = to_float(_pixels(shape, seed))
    boxes = draw_boxes(shape, (0.05, 1.0), (0.5, 2.0), _generator(seed))
    given = resized_crop(images, boxes)
    for row, crop in enumerate(given):
        box = [int(side[row]) for side in (boxes.top, boxes.left, boxes.height, boxes.width)]
        expected = functional.resized_crop(images[row], *box, list(shape[2:]), antialias=True)
        torch.testing.assert_close(crop, expected, atol=2e-5, rtol=0)


def test_box_of_the_whole_image_changes_nothing():
    images = to_float(_pixels((3, 1, 7, 9)))
    zero = torch.zeros(3, dtype=torch.int64)
    whole = Boxes(zero, zero, zero + 7, zero + 9)
    torch.testing.assert_close(resized_crop(images, whole), images, atol=1e-5, rtol=0)


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


@pytest.mark.parametrize("views", [(), ("crop",), ("crop", "flip"), ("resized_crop", "flip"), VIEWS])
def test_augment_gives_pixels_in_0_to_1_and_leaves_its_input(views):
    images = _pixels((16, 3, 8, 8))
    before = images.clone()
    moved = augment(images, views, _generator())
    assert moved.dtype == torch.float32 and moved.shape == images.shape
    assert moved.min() >= 0 and moved.max() <= 1
    assert torch.equal(images, before)


@pytest.mark.parametrize("view", VIEWS)
def test_draws_come_from_the_generator_alone(view):
    images = _pixels((32, 1, 8, 8))
    state = torch.get_rng_state()
    first, second = augment(images, (view,), _generator(1)), augment(images, (view,), _generator(1))
    assert torch.equal(first, second)
    assert not torch.equal(first, augment(images, (view,), _generator(2)))
    assert torch.equal(torch.get_rng_state(), state)


def test_padding_is_four_at_32_pixels_and_one_at_8():
    for size, padding in ((32, 4), (28, 4), (8, 1)):
        bright = torch.full((500, 1, size, size), 255, dtype=torch.uint8)
        moved = augment(bright, ("crop",), _generator())
        black_rows = (moved.sum(dim=(1, 3)) == 0).sum(1)
        assert black_rows.max() == padding


def test_to_float_is_torchvisions():
    from torchvision.transforms.functional import to_tensor

    images = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(to_float(images)[0], to_tensor(images[0].permute(1, 2, 0).numpy()))


def test_default_views_are_those_allowed():
    assert default_views(["crop", "resized_crop"]) == ("crop",)
    assert default_views(("crop", "resized_crop", "flip", "vertical_flip")) == ("crop", "flip")
    assert default_views([]) == ()


def test_every_view_of_the_contract_has_a_step_and_no_other_is_taken():
    assert set(STEPS) == set(VIEWS)
    with pytest.raises(UnknownName, match="did you mean 'flip'"):
        augment(_pixels((1, 1, 4, 4)), ("flipp",), _generator())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no accelerator")
@pytest.mark.parametrize("views", [("crop", "flip"), ("resized_crop", "vertical_flip")])
def test_an_accelerator_sees_the_same_views(views):
    images = _pixels((64, 3, 32, 32))
    there = augment(images.cuda(), views, _generator())
    torch.testing.assert_close(there.cpu(), augment(images, views, _generator()), atol=1e-5, rtol=0)


def test_resized_crop_of_one_pixel_is_flat():
    images = to_float(_pixels((50, 1, 8, 8)))
    flat = random_resized_crop(images, (1 / 64, 1 / 64), (1.0, 1.0), _generator())
    torch.testing.assert_close(flat, flat[:, :, :1, :1].expand_as(flat), atol=1e-5, rtol=0)
