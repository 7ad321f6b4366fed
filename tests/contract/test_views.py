"""What every view promises, for every file of the folder."""

import pytest
import torch
from pydantic import ValidationError

from lethe.core import registry
from lethe.data.augment import augment, read_pipeline
from support.near import assert_near

NAMES = registry.names(registry.VIEWS)
RANDOMLY = [name for name in NAMES if "p" in registry.load(registry.VIEWS, name).Options.model_fields]
# Bytes that are only moved or painted over stay bytes.
MOVING = {"crop", "cutout", "flip", "vertical_flip"}

over_all = pytest.mark.parametrize("name", NAMES)


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _pixels(name, count=32, seed=0):
    channels = 3 if registry.literal(registry.VIEWS, name, "color") else 1
    return torch.randint(0, 256, (count, channels, 9, 7), dtype=torch.uint8, generator=_generator(seed))


def _always(name):
    return read_pipeline([{name: {"p": 1.0} if name in RANDOMLY else {}}])


@over_all
def test_literals_can_be_read_without_importing(name):
    spec = registry.load(registry.VIEWS, name)
    for field in ("name", "summary", "source", "color", "asks"):
        assert registry.literal(registry.VIEWS, name, field) == getattr(spec, field)
    assert spec.name == name and spec.summary and spec.source


@over_all
def test_unknown_option_is_refused(name):
    with pytest.raises(ValidationError, match="no_such_option"):
        registry.load(registry.VIEWS, name).Options.model_validate({"no_such_option": 1})


@over_all
@pytest.mark.parametrize("floats", [False, True])
def test_pixels_stay_in_range_and_the_input_as_it_is(name, floats):
    images = _pixels(name)
    images = images / 255 if floats else images
    before, step = images.clone(), _always(name)[0]
    for count in (0, 1, 32):
        changed = step.apply(images[:count], _generator())
        assert changed.shape == images[:count].shape
        assert changed.dtype == (images.dtype if name in MOVING else torch.float32)
        assert count == 0 or (changed.min() >= 0 and changed.max() <= (1 if changed.is_floating_point() else 255))
    assert torch.equal(images, before)


@over_all
def test_draws_come_from_the_generator_alone(name):
    images, state = _pixels(name), torch.get_rng_state()
    pipeline = read_pipeline([{name: {"p": 0.5} if name in RANDOMLY else {}}])
    first = augment(images, pipeline, _generator(1))
    assert torch.equal(first, augment(images, pipeline, _generator(1)))
    assert not torch.equal(first, augment(images, pipeline, _generator(2)))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"solarize", "greyscale", "flip", "vertical_flip"}))
def test_every_example_is_changed_in_its_own_way(name):
    images = _pixels(name, count=1).expand(40, -1, -1, -1).contiguous()
    changed = augment(images, _always(name), _generator()).flatten(1)
    different = len(changed.mul(1e4).round().unique(dim=0))
    # Offsets of a crop and squares of a cutout are few; RandAugment may draw the identity twice.
    assert different >= (7 if name in {"crop", "cutout", "rand_augment"} else 30)


@pytest.mark.parametrize("name", RANDOMLY)
def test_probability_says_how_many_are_changed(name):
    images = _pixels(name, count=400)
    kept = augment(images, read_pipeline([{name: {"p": 0.0}}]), _generator())
    assert torch.equal(kept, images / 255)
    changed = augment(images, read_pipeline([{name: {"p": 0.3}}]), _generator())
    share = (changed != images / 255).flatten(1).any(1).float().mean()
    # The standard deviation is 0.023.
    assert abs(share - 0.3) < 0.1


@over_all
def test_memory_order_changes_nothing(name):
    images = _pixels(name)
    last = images.contiguous(memory_format=torch.channels_last)
    assert_near(
        augment(last, _always(name), _generator()), augment(images, _always(name), _generator()), atol=1e-6, rtol=0
    )


@pytest.mark.gpu
@over_all
def test_an_accelerator_sees_the_same_views(name):
    images = _pixels(name, count=64)
    there = augment(images.cuda(), _always(name), _generator())
    # Levels that lie on an edge may fall to either side.
    differing = (there.cpu() - augment(images, _always(name), _generator())).abs() > 1e-4
    assert differing.float().mean() < 0.01
