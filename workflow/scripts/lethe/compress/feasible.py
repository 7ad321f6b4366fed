"""Whether a study's network can be compressed as its methods and levels ask: told before any job starts.

What a network says depends on the model alone and may take seconds to find, so it is remembered: a study with other
levels or epochs asks nothing of the network again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from lethe.compress.channels import (
    WAY_OUT,
    ChannelGroup,
    coupled_channels,
    groups_from_json,
    groups_json,
    kept_channels,
    require_channels,
)
from lethe.compress.first_look import too_few_labelled
from lethe.compress.masks import prunable_weights
from lethe.compress.trial import require_cuttable
from lethe.core import registry
from lethe.core.errors import CompressionError, ConfigError, LetheError
from lethe.core.options import read_options
from lethe.core.time_limit import OutOfTime, time_limit
from lethe.networks.build import Architecture, empty_classifier, require_fitting_images
from lethe.networks.products import require_known_products
from lethe.networks.spec import Classifier
from lethe.store.notes import read_note, write_note
from lethe.store.provenance import package_versions
from lethe.study.config import Study
from lethe.study.precheck import sources

SECONDS = 60.0
# Heights of images that are tried where a data set's options do not say theirs; most networks take the first.
_HEIGHTS = (32, 64, 128, 224, 256)
_CLASSES = 2
_SHOWN = 6  # parts of a network that a message names


def check_compression(study: Study, *, where: str, cache: Path | None = None, seconds: float = SECONDS) -> None:
    """Refuse methods that the network cannot take, and levels that it does not tell apart.

    Where the data set's options do not say the images' size, a network that takes none of the usual sizes is left to
    the jobs, which know the real one.

    Args:
        cache: folder that remembers what networks said.
        seconds: how long a network may take to say one thing.
    Raises: ConfigError: every such method, one per line.
    """
    network = _Network(study, cache, seconds)
    try:
        network.ask("fits")
    except CompressionError as error:
        raise ConfigError(f"{where}: model '{study.model.name}': {error}") from error
    except _NoFittingImages:
        return
    if mistakes := [f"{where}: {mistake}" for method in study.compression for mistake in _mistakes(network, method)]:
        raise ConfigError("\n".join(dict.fromkeys(mistakes)))


def _mistakes(network: "_Network", method: str) -> Iterator[str]:
    """What a method of the study cannot do to its network, a sentence each."""
    study = network.study
    yield from _unlabelled_regimes(study, method)
    kind = registry.literal(registry.METHODS, study.plugin(method), "level_kind")
    levels = sorted(float(level) for level in study.compression[method].levels)
    groups: tuple[ChannelGroup, ...] | None = None
    try:
        network.ask("called" if kind != "sparsity" else "weights")
        if registry.literal(registry.METHODS, study.plugin(method), "channels", default=False):
            groups = groups_from_json(network.ask("groups"))
    except CompressionError as error:
        yield f"model '{study.model.name}' with {method}: {error}"
        return
    try:
        if kind == "channel_sparsity" and groups is not None:
            require_channels(groups, levels[-1])
            _require_distinct_channels(groups, levels)
        elif kind == "sparsity":
            sizes = json.loads(network.ask("weights"))
            _require_distinct_counts(sizes if _is_by_layer(study, method) else [sum(sizes)], levels)
    except CompressionError as error:
        yield f"compression.{method}.levels: {error}"
        return
    if _looks_at_labels(study, method):
        yield from too_few_labelled(study, method, *network.built(), groups, seconds=network.seconds)


def _unlabelled_regimes(study: Study, method: str) -> Iterator[str]:
    """Regimes that use no labels, of a method that looks at labels before their training."""
    pairing = registry.literal(registry.METHODS, study.plugin(method), "pairing")
    if not _looks_at_labels(study, method) or pairing != "in_training":
        return
    for regime in study.compression[method].regimes or study.regimes:
        if registry.literal(registry.REGIMES, study.regime_plugin(regime), "labels") == "none":
            yield (
                f"compression.{method}: it looks at labels before the training, but regime '{regime}' uses none; name "
                "the regimes that it is for: regimes: [...]"
            )


def _looks_at_labels(study: Study, method: str) -> bool:
    """Whether a method looks at labels of training images."""
    return bool(registry.literal(registry.METHODS, study.plugin(method), "labels", default=False))


def _require_distinct_channels(groups: Sequence[ChannelGroup], levels: Sequence[float]) -> None:
    """Refuse levels, rising, of which two keep the same number of channels of every group."""
    widths = sorted({group.width for group in groups})
    removed = {level: tuple(width - kept_channels(width, level) for width in widths) for level in levels}
    _require_distinct(removed, widths, "channels of a group")


def _is_by_layer(study: Study, method: str) -> bool:
    """Whether a method rounds the share that it removes layer by layer, for some regime at least."""
    spec = registry.load(registry.METHODS, study.plugin(method))
    options = (read_options(spec.Options, study.method_options(method, regime)) for regime in study.regimes)
    return any(chosen.by_layer for chosen in options)


def _require_distinct_counts(sizes: Sequence[int], levels: Sequence[float]) -> None:
    """Refuse levels, rising, of which two remove as many weights of every part, or one removes none or all.

    Args: sizes: weights of the parts of a network in which a share is rounded: its layers, or all of it.
    """
    weights = sum(sizes)
    removed = {level: tuple(round(level * size) for size in sizes) for level in levels}
    if not any(removed[levels[0]]):
        raise CompressionError(
            f"{levels[0]:.12g} removes none of the {weights} weights of this network; give at least "
            f"{1 / max(sizes):.2g}"
        )
    if sum(removed[levels[-1]]) == weights:
        raise CompressionError(
            f"{levels[-1]:.12g} removes all of the {weights} weights of this network; give at most "
            f"{1 - 1 / max(sizes):.12g}"
        )
    _require_distinct(removed, sizes, "weights")


def _require_distinct(removed: dict[float, tuple[int, ...]], there: Sequence[int], what: str) -> None:
    """Refuse two levels that remove equal counts.

    Raises: CompressionError: the first two of them.
    """
    levels = list(removed)
    for mild, harsh in pairwise(levels):
        if removed[mild] == removed[harsh]:
            of_parts = dict.fromkeys(f"{gone} of {all_}" for gone, all_ in zip(removed[mild], there, strict=True))
            counts = ", ".join([*of_parts][:_SHOWN]) + (", ..." if len(of_parts) > _SHOWN else "")
            raise CompressionError(
                f"{mild:.12g} and {harsh:.12g} make one and the same network: both remove {counts} {what}; "
                "give one of them, or levels that lie further apart"
            )


class _NoFittingImages(Exception):
    """The network takes images of none of the usual sizes."""


class _Network:
    """A study's network, built when something is asked of it that nobody remembers."""

    def __init__(self, study: Study, cache: Path | None, seconds: float) -> None:
        self.study = study
        self.seconds = seconds
        self._cache = cache
        self._built: tuple[Classifier, tuple[int, ...]] | None = None
        self._said: dict[str, str] = {}

    def ask(self, what: str) -> str:
        """One thing of the network as text.

        Args: what: `fits`: nothing, if it can be built and takes images; `weights`: how many can be removed of every
            layer; `called`: nothing, if every weight is multiplied in a call of its layer; `groups`: the coupled
            channels, as `groups_json` writes them.
        Raises:
            CompressionError: it is not so, or the network did not say in time.
            _NoFittingImages: it takes images of none of the sizes that are tried.
        """
        if what not in self._said:
            self._said[what] = self._remembered(what)
        answer = json.loads(self._said[what])
        if "refused" in answer:
            raise CompressionError(answer["refused"])
        return str(answer["text"])

    def _remembered(self, what: str) -> str:
        """An answer from the cache; otherwise the network's own, which then is remembered."""
        file = None if self._cache is None else self._cache / f"{self._key()}.{what}.json"
        if file is not None and (known := read_note(file)) is not None:
            return json.dumps(known)
        try:
            with time_limit(self.seconds):
                answer = {"text": _QUESTIONS[what](*self.built())}
        except LetheError as error:
            answer = {"refused": str(error)}
        except OutOfTime:
            file = None  # a busy machine may be the reason, so nobody remembers it
            answer = {"refused": f"to find out {_IN_WORDS[what]} did not end within {self.seconds:g} s; {WAY_OUT}"}
        if file is not None:
            write_note(file, answer)
        return json.dumps(answer)

    def _key(self) -> str:
        """Names whatever decides the answers."""
        parts = [self.study.model.model_dump_json(), self._channels(), self._heights(), sources()]
        text = json.dumps([*parts, package_versions(("torch-pruning",))])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _channels(self) -> int:
        return 3 if self.study.has_color else 1

    def _heights(self) -> tuple[int, ...]:
        """Heights of the images: what the data set's options say, otherwise those that are tried."""
        options = registry.load(registry.SETS, self.study.dataset.name).Options
        if "size" not in options.model_fields:
            return _HEIGHTS
        return (options.model_validate(self.study.dataset.options).size,)

    def built(self) -> tuple[Classifier, tuple[int, ...]]:
        """The network, and the shape of images that it takes."""
        if self._built is None:
            architecture = Architecture(self.study.model.name, self.study.model.options, self._channels(), _CLASSES)
            model = empty_classifier(architecture).eval()
            self._built = model, self._fitting_shape(model)
        return self._built

    def _fitting_shape(self, model: Classifier) -> tuple[int, ...]:
        """The shape of the smallest images that the network takes, of those that it may be given."""
        heights = self._heights()
        for height in heights:
            try:
                require_fitting_images(model, self._channels(), height, height)
            # Whatever a network raises that was built for other images.
            except Exception:
                if len(heights) == 1:
                    raise
                continue
            return self._channels(), height, height
        raise _NoFittingImages


def _fits(model: Classifier, image_shape: Sequence[int]) -> str:
    return ""


def _weights(model: Classifier, image_shape: Sequence[int]) -> str:
    require_known_products(model, image_shape)
    return json.dumps([weight.numel() for weight in prunable_weights(model).values()])


def _called(model: Classifier, image_shape: Sequence[int]) -> str:
    require_known_products(model, image_shape, by_call=True)
    return ""


def _groups(model: Classifier, image_shape: Sequence[int]) -> str:
    groups = coupled_channels(model, image_shape)
    require_cuttable(model, groups, image_shape)
    return groups_json(groups)


_QUESTIONS: dict[str, Callable[[Classifier, Sequence[int]], str]] = {
    "fits": _fits,
    "weights": _weights,
    "called": _called,
    "groups": _groups,
}
_IN_WORDS = {
    "fits": "which images it takes",
    "weights": "which weights it multiplies by",
    "called": "which weights its layers multiply by",
    "groups": "which channels are coupled",
}
