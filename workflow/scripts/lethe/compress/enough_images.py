"""Whether there are as many images as a study asks for: told before any job starts.

Every sentence is that of the job which would find it: the same functions are asked, about class labels alone.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from lethe.core import registry
from lethe.core.errors import ConfigError, DataError
from lethe.core.explain import told
from lethe.core.options import read_options
from lethe.data.counts import counts_of, train_counts
from lethe.data.labelled import class_quotas
from lethe.data.spec import Counts
from lethe.data.subset import divided
from lethe.data.twins import foremost_rows
from lethe.networks.probe import held_out_fifth
from lethe.regimes.spec import RegimeOptions
from lethe.study.config import Study
from lethe.study.grid import Grid

DECIDES_NO_RESULT = "refuses configs before any job"


def check_images(study: Study, *, where: str) -> None:
    """Refuse a study that asks for more images, labels or steps than its data set gives.

    Args: where: the file that the study came from. Its options are known to be right.
    Raises: ConfigError: every mistake found, one per line.
    """
    try:
        counts = counts_of(study)
    except DataError as error:
        raise ConfigError(f"{where}: {error}") from None
    mistakes = [] if counts is None else [*_mistakes(study, counts)]
    if mistakes:
        raise ConfigError(told(f"{where}: {mistake}" for mistake in dict.fromkeys(mistakes)))


def _mistakes(study: Study, counts: Counts) -> Iterator[str]:
    """What is asked for and not there; of a wrong number of training images nothing else."""
    all_labels = np.repeat(np.arange(len(counts.train)), counts.train)
    sizes = {"train_size": study.dataset.train_size, "validation_size": study.dataset.validation_size}
    if said := _refusal(lambda: divided(all_labels, **sizes, study_seed=study.seeds.study)):
        yield said
        return
    labels = np.repeat(np.arange(len(counts.train)), train_counts(study, counts))
    quotas: list[np.ndarray] = []
    yield from _label_mistakes(study, labels, quotas)
    for regime in study.regimes:
        yield from _regime_mistakes(study, regime, len(labels))
    yield from _twin_mistakes(study, labels, quotas)
    for method, regime in product(study.compression, study.regimes):
        labelled = int(quotas[0].sum()) if quotas and _uses_some(study, regime) else len(labels)
        yield from _method_mistakes(study, method, regime, len(labels), labelled)


def labelled_counts(study: Study) -> dict[str, tuple[int, int]]:
    """Training images of every regime, and those of them whose labels it may use; empty where nobody knows yet.

    Args: study: one that `check_images` has passed.
    """
    counts = counts_of(study)
    if counts is None:
        return {}
    labels = np.repeat(np.arange(len(counts.train)), train_counts(study, counts))
    some = len(labels) if study.labels is None else int(sum(class_quotas(labels, **study.labels.quotas)))
    return {regime: (len(labels), some if _uses_some(study, regime) else len(labels)) for regime in study.regimes}


def _uses_some(study: Study, regime: str) -> bool:
    """Whether a regime uses the labels of some images alone."""
    return bool(registry.literal(registry.REGIMES, study.regime_plugin(regime), "labels") == "some")


def _label_mistakes(study: Study, labels: np.ndarray, quotas: list[np.ndarray]) -> Iterator[str]:
    """Labels that cannot be drawn, or too few of them for a linear probe; fills in how many each class gets."""
    if study.labels is None:
        return
    asked = study.labels.quotas
    if said := _refusal(lambda: quotas.append(class_quotas(labels, **asked))):
        yield said
        return
    labelled = np.repeat(np.arange(len(quotas[0])), quotas[0])
    is_probed = any(_has_probe(study, regime) for regime in _with_some_labels(study))
    if is_probed and (said := _refusal(lambda: held_out_fifth(labelled, _any_draw()))):
        yield f"labels: {said}"


def _with_some_labels(study: Study) -> list[str]:
    """Regimes that use some of the labels."""
    grid = Grid(study)
    return [regime for regime in study.regimes if grid.needs_labelled(regime)]


def _has_probe(study: Study, regime: str) -> bool:
    """Whether a linear probe is fitted to the labelled images of a regime: by itself, or after a compression."""
    grid = Grid(study)
    is_probe = registry.literal(registry.REGIMES, study.regime_plugin(regime), "head") == "probe"
    methods = [method for method in study.compression if grid.is_applied(method, regime)]
    return is_probe or any(study.method_options(method, regime).get("head") == "refit" for method in methods)


def _regime_mistakes(study: Study, regime: str, num_images: int) -> Iterator[str]:
    """Fewer images than a step takes."""
    if said := _refusal(lambda: _options(study, regime).steps_per_epoch(num_images)):
        yield f"regimes.{regime}: {said}"


def _twin_mistakes(study: Study, labels: np.ndarray, quotas: list[np.ndarray]) -> Iterator[str]:
    """Sizes of further trainings that are too large, or leave out a class or a labelled image."""
    first = np.zeros(len(labels), dtype=bool)
    if quotas and any(_uses_some(study, regime) for regime in study.regimes):
        for label, quota in enumerate(quotas[0]):
            first[np.flatnonzero(labels == label)[:quota]] = True
    for size in study.generalisation.train_sizes:
        if said := _refusal(partial(foremost_rows, labels, size, _any_draw(), first=first)):
            yield said


def _method_mistakes(study: Study, method: str, regime: str, num_images: int, num_labelled: int) -> Iterator[str]:
    """More images to calibrate on than there are, or a schedule that ends after the training."""
    chosen = study.compression[method]
    if not Grid(study).is_applied(method, regime):
        return
    spec = registry.load(registry.METHODS, study.plugin(method))
    options = read_options(spec.Options, study.method_options(method, regime))
    key = f"compression.{method}" + (f".by_regime.{regime}" if regime in chosen.by_regime else ".options")
    for name, count in getattr(options, "images_asked", {}).items():
        if count > num_images:
            yield f"{key}.{name}: {count} training images asked for, but there are {num_images}; lower it"
    for name, count in getattr(options, "labelled_images_asked", {}).items():
        if count > num_labelled:
            yield f"{key}.{name}: {count} labelled training images asked for, but there are {num_labelled}; lower it"
    if spec.pairing == "in_training" and _options(study, regime).examples_per_step <= num_images:
        steps = _options(study, regime).total_steps(num_images)
        for level in chosen.levels:
            if said := _refusal(partial(spec.masks, float(level), options, steps)):
                yield f"{key}.{said}"


def _options(study: Study, regime: str) -> RegimeOptions:
    """A regime's options."""
    spec = registry.load(registry.REGIMES, study.regime_plugin(regime))
    options: RegimeOptions = read_options(spec.Options, study.regime_options(regime))
    return options


def _refusal(ask: Callable[[], Any]) -> str:
    """What a function says that refuses; empty where it does not."""
    try:
        ask()
    except ConfigError as error:
        return str(error)
    return ""


def _any_draw() -> np.random.Generator:
    """A generator where only numbers matter, which no draw changes."""
    return np.random.default_rng(0)
