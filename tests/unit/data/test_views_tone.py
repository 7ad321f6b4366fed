"""Views that change pixels where they are, against torchvision image by image."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lethe.data.augment import read_pipeline
from lethe.data.pixels import change_some, per_example
from lethe.data.view_levels import adjust_sharpness, autocontrast, equalize, posterize
from lethe.data.view_tone import adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, solarize
from lethe.data.views.blur import gaussian_blur, window_size
from lethe.data.views.color_jitter import Options as JitterOptions
from lethe.data.views.color_jitter import draw_adjustments, jitter
from lethe.data.views.gamma_contrast import change_tone
from lethe.data.views.greyscale import without_color
from lethe.data.views.noise import add_noise
from lethe.data.views.rand_augment import OPERATIONS, operate, operations
from support.near import assert_near

seeds = st.integers(0, 999)
channels = st.sampled_from([1, 3])


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _images(count, of, seed, size=(6, 5)):
    """Random pixels, a few images of few levels, so that channels are equal, flat and at the ends."""
    images = torch.rand((count, of, *size), generator=_generator(seed))
    images[1::3] = (images[1::3] * 3).floor() / 2
    images[2::3] = (images[2::3] * 255).round() / 255
    return images


def _values(count, low, high, seed):
    return low + (high - low) * torch.rand(count, generator=_generator(seed + 1))


def _assert_each(given, images, expected, atol=1e-5):
    for row, image in enumerate(images):
        assert_near(given[row], expected(row, image), atol=atol, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        (adjust_brightness, "adjust_brightness", 0.0, 2.0),
        (adjust_contrast, "adjust_contrast", 0.0, 2.0),
        (adjust_saturation, "adjust_saturation", 0.0, 2.0),
        (adjust_hue, "adjust_hue", -0.5, 0.5),
        (adjust_sharpness, "adjust_sharpness", 0.0, 2.0),
    ],
)
@given(seed=seeds)
@settings(deadline=None, max_examples=15)
def test_adjustments_are_torchvisions(ours, theirs, low, high, seed):
    from torchvision.transforms.v2 import functional

    images, amounts = _images(6, 3, seed), _values(6, low, high, seed)
    before = images.clone()
    given = ours(images, per_example(amounts, images))
    _assert_each(given, images, lambda row, image: getattr(functional, theirs)(image, float(amounts[row])))
    assert torch.equal(images, before)


@given(seed=seeds)
@settings(deadline=None, max_examples=15)
def test_contrast_of_grey_images_is_torchvisions(seed):
    from torchvision.transforms.v2 import functional

    images, amounts = _images(6, 1, seed), _values(6, 0, 2, seed)
    given = adjust_contrast(images, per_example(amounts, images))
    _assert_each(given, images, lambda row, image: functional.adjust_contrast(image, float(amounts[row])))


@given(seed=seeds, of=channels)
@settings(deadline=None, max_examples=15)
def test_levels_are_torchvisions(seed, of):
    from torchvision.transforms.v2 import functional

    images = _images(7, of, seed, size=(20, 30))
    images[0] = 0.3
    bits = torch.randint(1, 9, (7,), generator=_generator(seed)).float()
    _assert_each(autocontrast(images), images, lambda _, image: functional.autocontrast(image))
    _assert_each(equalize(images), images, lambda _, image: functional.equalize(image))
    posterized = posterize(images, per_example(bits, images))
    _assert_each(posterized, images, lambda row, image: functional.posterize(image, int(bits[row])))


@given(seed=seeds, of=channels, threshold=st.floats(0, 1))
@settings(deadline=None, max_examples=15)
def test_solarize_is_torchvisions(seed, of, threshold):
    from torchvision.transforms.v2 import functional

    images = _images(4, of, seed)
    _assert_each(solarize(images, threshold), images, lambda _, image: functional.solarize(image, threshold))


@given(seed=seeds, of=channels, size=st.sampled_from([3, 5, 7]))
@settings(deadline=None, max_examples=15)
def test_blur_is_torchvisions(seed, of, size):
    from torchvision.transforms.v2 import functional

    images, sigma = _images(4, of, seed, size=(9, 6)), _values(4, 0.1, 3, seed)
    given = gaussian_blur(images, size, sigma)
    _assert_each(given, images, lambda row, image: functional.gaussian_blur(image, [size] * 2, [float(sigma[row])] * 2))


@given(height=st.integers(2, 300), share=st.floats(0.01, 1))
def test_windows_are_odd_and_can_be_mirrored(height, share):
    size = window_size(height, share)
    assert size % 2 == 1 and 3 <= size <= max(2 * height - 1, 3)
    assert abs(size - height * share) <= 1 or size == 3


@given(seed=seeds, of=channels)
@settings(deadline=None, max_examples=15)
def test_gamma_then_contrast_are_torchvisions(seed, of):
    from torchvision.transforms.v2 import functional

    images, gamma, factor = _images(5, of, seed), _values(5, 0.5, 2, seed), _values(5, 0, 2, seed + 1)

    def expected(row, image):
        return functional.adjust_contrast(functional.adjust_gamma(image, float(gamma[row])), float(factor[row]))

    _assert_each(change_tone(images, gamma, factor), images, expected)


def test_greyscale_is_torchvisions():
    from torchvision.transforms.v2 import functional

    images = _images(5, 3, 0)
    _assert_each(without_color(images), images, lambda _, image: functional.rgb_to_grayscale(image, 3))


def test_noise_has_its_own_width_for_every_image():
    images = torch.full((6, 1, 60, 60), 0.5)
    sigma = torch.tensor([0.0, 0.01, 0.02, 0.05, 0.1, 0.15])
    draws = torch.randn(images.shape, generator=_generator())
    noisy = add_noise(images, draws, sigma)
    assert_near(noisy, (images + sigma[:, None, None, None] * draws).clamp(0, 1))
    assert_near(noisy.flatten(1).std(1), sigma, rtol=0.05, atol=1e-6)


def test_jitter_applies_its_adjustments_in_the_order_drawn():
    from torchvision.transforms.v2 import functional

    images, orders = _images(8, 3, 3), set()
    for seed in range(60):
        adjustments = draw_adjustments(8, JitterOptions(hue=0.2), _generator(seed))
        orders.add(tuple(adjustment.name for adjustment in adjustments))
    assert len(orders) > 15

    def expected(row, image):
        for adjustment in adjustments:
            image = getattr(functional, f"adjust_{adjustment.name}")(image, float(adjustment.amounts[row]))
        return image

    _assert_each(jitter(images, adjustments), images, expected)


def test_jitter_amounts_keep_their_ranges_and_a_strength_of_zero_is_left_out():
    options = JitterOptions(brightness=0.3, contrast=0.0, saturation=1.0, hue=0.05)
    amounts = {each.name: each.amounts for each in draw_adjustments(5_000, options, _generator())}
    assert set(amounts) == {"brightness", "saturation", "hue"}
    for kind, low, high in (("brightness", 0.7, 1.3), ("saturation", 0.0, 2.0), ("hue", -0.05, 0.05)):
        assert amounts[kind].min() >= low - 1e-6 and amounts[kind].max() <= high + 1e-6
        assert amounts[kind].max() - amounts[kind].min() > 0.95 * (high - low)


def test_only_the_chosen_images_are_changed_and_computed():
    images, seen = _images(6, 3, 0), []

    def darken(part):
        seen.append(len(part))
        return part / 2

    chosen = torch.tensor([True, False, True, False, False, True])
    changed = change_some(images, chosen, darken)
    assert torch.equal(changed[chosen], images[chosen] / 2) and torch.equal(changed[~chosen], images[~chosen])
    assert torch.equal(change_some(images, ~chosen | chosen, darken), images / 2)
    assert torch.equal(change_some(images, chosen & ~chosen, darken), images)
    assert seen == [3, 6]


@pytest.mark.parametrize("of", [1, 3])
def test_every_operation_keeps_pixels_in_range_and_acts_on_its_own_images(of):
    names = operations(of)
    assert ("color" in names) == (of == 3) and set(OPERATIONS) - set(names) <= {"color"}
    images = _images(len(names), of, 5, size=(16, 16)) * 0.8
    amounts = torch.full((len(names),), 0.7)
    operated = operate(images, torch.arange(len(names)), amounts)
    assert operated.min() >= 0 and operated.max() <= 1
    for position, name in enumerate(names):
        alone = OPERATIONS[name](images[position : position + 1], amounts[:1])
        assert_near(operated[position : position + 1], alone, atol=1e-6, rtol=0)
        assert torch.equal(alone, images[position : position + 1]) == (name == "identity"), name


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("rotate", {"angle": 15.0}),
        ("shear_x", {"shear": [8.530766, 0.0]}),
        ("shear_y", {"shear": [0.0, 8.530766]}),
        ("translate_x", {"translate": [3.0, 0.0]}),
        ("translate_y", {"translate": [0.0, 1.5]}),
    ],
)
def test_motions_of_rand_augment_are_half_their_range_at_half_the_amount(name, arguments):
    from torchvision.transforms.v2 import InterpolationMode, functional

    images = _images(2, 3, 0, size=(10, 20))
    rest = {"angle": 0.0, "translate": [0.0, 0.0], "scale": 1.0, "shear": [0.0, 0.0]}
    given = OPERATIONS[name](images, torch.full((2,), 0.5))
    expected = functional.affine(images, **{**rest, **arguments}, interpolation=InterpolationMode.BILINEAR)
    assert_near(given, expected, atol=1e-4, rtol=0)


def test_tones_of_rand_augment_have_the_ranges_of_its_table():
    images = torch.linspace(0, 1, 256).view(1, 1, 16, 16).expand(3, 1, 16, 16)
    amounts = torch.tensor([0.0, 1.0, -1.0])
    dark = OPERATIONS["brightness"](images, amounts)
    assert_near(dark.amax((1, 2, 3)), [0.95, 0.05, 0.05], atol=1e-6)
    levels = [len(image.unique()) for image in OPERATIONS["posterize"](images, amounts)]
    assert levels == [256, 16, 16]
    inverted = OPERATIONS["solarize"](images, amounts)
    assert_near(inverted[1], 1 - images[1])
    assert inverted[0].max() < 1


@pytest.mark.parametrize(("strength", "darkest"), [(0.1, 0.8 * 0.86), (1.0, 0.8 * 0.05)])
def test_strength_leaves_the_weaker_part_of_the_ranges(strength, darkest):
    images = torch.full((4_000, 1, 9, 9), 0.8)
    changed = read_pipeline([{"rand_augment": {"num_ops": 1, "strength": strength}}])[0].apply(images, _generator())
    # In the centre of flat images only brightness acts strongly, and solarising with a low threshold.
    assert darkest - 1e-5 <= changed[:, 0, 4, 4].min() <= darkest + 0.02
