"""Steps as a config writes them, the default views of regimes, and views that images cannot have."""

import json
from itertools import chain, combinations

import pytest
import torch

from lethe.core import registry
from lethe.core.errors import ConfigError, UnknownName
from lethe.data.augment import Operation, augment, read_pipeline, to_float
from lethe.data.default_views import ImageTraits, check_views, contrastive_views, strong_views, weak_views
from lethe.study.config import read_study
from lethe.study.options import check_options
from lethe.study.view_operations import DEFAULT_NAMES, split_operation, view_names
from support.near import assert_near

ASKING = tuple(name for name in registry.names(registry.VIEWS) if registry.literal(registry.VIEWS, name, "asks"))
SUBSETS = [*chain.from_iterable(combinations(ASKING, size) for size in range(len(ASKING) + 1))]
TRAITS = [ImageTraits(channels, allowed) for channels in (1, 3) for allowed in SUBSETS]
DEFAULTS = (weak_views, contrastive_views, strong_views)


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _pixels(shape, seed=0):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=_generator(seed))


def test_a_step_is_a_name_or_one_name_with_options():
    pipeline = read_pipeline(["crop", {"color_jitter": {"brightness": 0.2}}, {"flip": {}}])
    assert [step.name for step in pipeline] == ["crop", "color_jitter", "flip"]
    options = pipeline[1].options.model_dump()
    assert options["brightness"] == 0.2 and options["contrast"] == 0.4
    assert read_pipeline(["flip"]) == read_pipeline([{"flip": {}}]) == (Operation("flip", pipeline[2].options),)
    assert view_names(["flip", "crop", {"flip": {"p": 1.0}}]) == ("crop", "flip")


@pytest.mark.parametrize("step", [{}, {"crop": {}, "flip": {}}, 3, None, ["crop"], {"crop": 3}, {1: {}}])
def test_anything_else_is_refused_with_an_example(step):
    with pytest.raises(ConfigError, match=r"is not a view; write a name, crop, or one name with options"):
        split_operation(step)


def test_unknown_names_and_options_are_refused_with_the_nearest():
    with pytest.raises(UnknownName, match=r"unknown view 'flipp'.*did you mean 'flip'"):
        read_pipeline(["flipp"])
    with pytest.raises(ConfigError, match=r"unknown key 'color_jitter.brightnes'.*did you mean 'brightness'"):
        read_pipeline([{"color_jitter": {"brightnes": 0.4}}])
    with pytest.raises(ConfigError, match=r"flip.p: 1.5 given; .*at most 1"):
        read_pipeline([{"flip": {"p": 1.5}}])
    with pytest.raises(ConfigError, match=r"the first bound must not be above the second; write \[0.2, 0.9\]"):
        read_pipeline([{"resized_crop": {"scale": [0.9, 0.2]}}])


@pytest.mark.parametrize("views", [[], ["crop"], ["crop", "flip"], ["resized_crop", "flip"], list(ASKING)])
def test_augment_gives_pixels_in_0_to_1_and_leaves_its_input(views):
    images = _pixels((16, 3, 8, 8))
    before = images.clone()
    moved = augment(images, read_pipeline(views), _generator())
    assert moved.dtype == torch.float32 and moved.shape == images.shape
    assert moved.min() >= 0 and moved.max() <= 1
    assert torch.equal(images, before)


def test_steps_are_applied_in_the_order_given():
    images = _pixels((4, 1, 8, 8))
    dark, inverted = {"gamma_contrast": {"gamma": [3, 3], "contrast": [1, 1], "p": 1}}, {"solarize": {"p": 1}}
    x = to_float(images)
    assert_near(
        augment(images, read_pipeline([dark, inverted]), _generator()), torch.where(x**3 >= 0.5, 1 - x**3, x**3)
    )
    solarized = torch.where(x >= 0.5, 1 - x, x)
    assert_near(augment(images, read_pipeline([inverted, dark]), _generator()), solarized**3)


def test_to_float_is_torchvisions():
    from torchvision.transforms.functional import to_tensor

    images = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(to_float(images)[0], to_tensor(images[0].permute(1, 2, 0).numpy()))


@pytest.mark.slow
@pytest.mark.parametrize("default", DEFAULTS)
def test_defaults_are_allowed_recordable_and_readable(default):
    for traits in TRAITS:
        steps = default(traits)
        check_views(steps, traits, "these")
        assert json.loads(json.dumps(steps)) == steps
        images = _pixels((3, traits.channels, 8, 8))
        assert augment(images, read_pipeline(steps), _generator()).shape == images.shape


def test_weak_views_are_crop_and_flip_where_they_are_allowed():
    assert weak_views(ImageTraits(1, ("crop", "resized_crop"))) == ["crop"]
    assert weak_views(ImageTraits(3, ASKING)) == ["crop", "flip"]
    assert weak_views(ImageTraits(3, ())) == []


def test_contrastive_views_of_colour_images_are_those_of_corti():
    steps = dict(split_operation(step) for step in contrastive_views(ImageTraits(3, ASKING)))
    assert list(steps) == ["resized_crop", "flip", "color_jitter", "greyscale"]
    assert steps["resized_crop"] == {"scale": [0.2, 1.0]} and steps["greyscale"] == {"p": 0.2}
    assert steps["color_jitter"] == {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "p": 0.8}


def test_the_names_of_all_defaults_are_listed():
    used = {name for default in DEFAULTS for traits in TRAITS for name in view_names(default(traits))}
    assert used == set(DEFAULT_NAMES)


def test_views_that_images_cannot_have_are_refused():
    grey = ImageTraits(1, ("crop",))
    with pytest.raises(ConfigError) as error:
        check_views(["crop", {"color_jitter": {"hue": 0.2}}, "flip", "noise"], grey, "digits")
    assert str(error.value).splitlines() == [
        "color_jitter: needs colour, the images of digits are grey; remove it",
        "'flip' does not preserve the labels of digits; allowed: crop; remove it",
    ]


def _study(dataset, regime):
    values = {
        "study": "trial",
        "dataset": dataset,
        "model": {"name": "resnet", "options": {"blocks": [1], "width": 4}},
        "seeds": {"count": 4, "block": 2},
        "regimes": {"supervised": {"epochs": 2, **regime}},
        "compression": {"random": {"levels": [0.5]}},
    }
    return read_study(values, where="config.yaml")


@pytest.mark.parametrize(
    ("dataset", "step", "message"),
    [
        ({"name": "toy"}, "greyscale", "greyscale: needs colour, the images of toy are grey; remove it"),
        ({"name": "digits"}, {"flip": {"p": 0.1}}, "'flip' does not preserve the labels of digits; allowed: crop"),
        ({"name": "digits"}, "affin", "unknown view 'affin'; known: affine"),
        ({"name": "cifar10"}, {"greyscale": {"q": 1}}, "unknown key 'regimes.supervised.views[1].greyscale.q'"),
        ({"name": "image_folder", "options": {"size": 8, "channels": 1}}, "color_jitter", "images of image_folder"),
    ],
)
def test_a_study_with_a_wrong_view_is_refused_before_any_job(dataset, step, message):
    with pytest.raises(ConfigError) as error:
        check_options(_study(dataset, {"views": ["crop", step]}), where="config.yaml")
    assert message in str(error.value) and "regimes.supervised.views[1]" in str(error.value)


@pytest.mark.parametrize("dataset", ["cifar10", "image_folder"])
def test_a_study_of_colour_images_may_have_colour_views(dataset):
    options = {"options": {"size": 8}} if dataset == "image_folder" else {}
    check_options(_study({"name": dataset, **options}, {"views": ["crop", "color_jitter", "flip"]}), where="x")


def test_views_that_are_no_list_are_one_mistake():
    with pytest.raises(ConfigError) as error:
        check_options(_study({"name": "toy"}, {"views": "crop"}), where="config.yaml")
    assert len(str(error.value).splitlines()) == 1
