"""One dense network and its images, looked into once for all measures of difficulty that need more than predictions.

Whatever several measures need is computed at the first question and kept: features of the images and of the support,
nearest neighbours at every layer. The support are training images with their labels as they were given. Examples stand
by ascending id, so that what is drawn for one does not depend on how the images are stored.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, normalize

from lethe.core.seeding import Replicate
from lethe.data.augment import Pipeline, augment, to_float
from lethe.networks.predict import extract_features, predict_logits
from lethe.networks.spec import Classifier

Pooling = Literal["flat", "pooled"]
Sides = tuple[Float[Tensor, "support features"], Float[Tensor, "examples features"]]
# Of all nearest-neighbour probes along the layers, as in the paper.
NEIGHBORS = 30
# Feature maps are averaged over a grid of at most so many fields a side, or altogether; pixels over one of _PIXELS.
_GRID: dict[Pooling, int] = {"flat": 4, "pooled": 1}
_PIXELS = 32
_BATCH = 500
_ROWS = 512  # of the matrix of distances, that lie in memory at once
_BYTES = 2**30  # of maps that are kept at a time


@dataclass(frozen=True)
class Images:
    """Images with their ids and labels, ids ascending, on the device of the networks."""

    pixels: UInt8[Tensor, "examples channels height width"]
    labels: Int64[Tensor, " examples"]
    ids: Int64[Tensor, " examples"]


@dataclass
class Look:
    """A network, the images that are measured, and the support.

    Attributes:
        cut_points: names of the modules whose outputs are probed, in the order of the computation.
        snapshots: the network at points of its training, where they were kept.
        views: what the copies of an image are made by, and how many there are.
    """

    model: Classifier
    cut_points: Sequence[str]
    images: Images
    support: Images
    replicate: Replicate
    views: Pipeline = ()
    copies: int = 4
    snapshots: Sequence[Classifier] = ()

    @cached_property
    def logits(self) -> Float[Tensor, "examples classes"]:
        """What the network says of the images."""
        return predict_logits(self.model, self.images.pixels)

    @cached_property
    def features(self) -> Float[Tensor, "examples features"]:
        """What the head receives of the images."""
        return extract_features(self.model, self.images.pixels)

    @cached_property
    def support_features(self) -> Float[Tensor, "support features"]:
        """What the head receives of the support."""
        return extract_features(self.model, self.support.pixels)

    @cached_property
    def is_own(self) -> Bool[Tensor, " examples"]:
        """Whether an example is one of the support, where it is left out of its own neighbours."""
        return torch.isin(self.images.ids, self.support.ids)

    def view_logits(self) -> Iterator[Float[Tensor, "examples classes"]]:
        """What the network says of changed copies of the images, one copy of every image at a time."""
        for copy in range(self.copies):
            generator = torch.Generator().manual_seed(self.replicate.integer("view_agreement", copy))
            parts = [
                self.model(augment(batch, self.views, generator)) for batch in torch.split(self.images.pixels, _BATCH)
            ]
            yield torch.cat(parts)

    @cached_property
    def _probed(self) -> dict[Pooling, Int64[Tensor, "probes examples"]]:
        """Predictions of the nearest neighbours at every probe, maps averaged over a grid or altogether."""
        ends = [self._neighbors(of_support, of_images) for of_support, of_images in (self._pixels(), self._softmax())]
        found: dict[Pooling, list[Tensor]] = {"flat": [ends[0]], "pooled": [ends[0]]}
        for names in self._groups():
            of_support, of_images = (self._maps(images, names) for images in (self.support, self.images))
            for name in names:
                for pooling, predictions in found.items():
                    predictions.append(self._neighbors(of_support[name, pooling], of_images[name, pooling]))
        return {pooling: torch.stack([*predictions, ends[1]]) for pooling, predictions in found.items()}

    def probes(self, pooling: Pooling) -> Int64[Tensor, "probes examples"]:
        """What the 30 nearest neighbours say at the pixels, at every cut point, and at the softmax."""
        return self._probed[pooling]

    def _pixels(self) -> Sides:
        """Pixels of the support and of the images."""
        of_support, of_images = (
            torch.cat([_grid(to_float(batch), _PIXELS).flatten(1) for batch in torch.split(images.pixels, _BATCH)])
            for images in (self.support, self.images)
        )
        return of_support, of_images

    def _softmax(self) -> Sides:
        """Probabilities of the support and of the images."""
        return predict_logits(self.model, self.support.pixels).softmax(dim=1), self.logits.softmax(dim=1)

    def _groups(self) -> list[list[str]]:
        """Cut points whose maps are kept at a time: in one pass over the images as many as memory bears."""
        one = Images(self.images.pixels[:1], self.images.labels[:1], self.images.ids[:1])
        maps = self._maps(one, self.cut_points)
        sizes = {name: maps[name, "flat"].nelement() for name in self.cut_points}
        each = _BYTES // (4 * (len(self.images.ids) + len(self.support.ids)))
        groups: list[list[str]] = []
        room = 0
        for name in self.cut_points:
            if not groups or sizes[name] > room:
                groups.append([])
                room = each
            groups[-1].append(name)
            room -= sizes[name]
        return groups

    def _maps(self, images: Images, names: Sequence[str]) -> dict[tuple[str, Pooling], Tensor]:
        """What the network computes of images at cut points, averaged over a grid and altogether, as rows."""
        kept: dict[tuple[str, Pooling], list[Tensor]] = {}
        with ExitStack() as stack:
            for name in names:
                module = self.model.encoder.get_submodule(name)
                stack.enter_context(_listening(module, partial(_keep, kept, name)))
            predict_logits(self.model, images.pixels)
        return {key: torch.cat(parts) for key, parts in kept.items()}

    def _neighbors(
        self, support: Float[Tensor, "support features"], others: Float[Tensor, "examples features"]
    ) -> Int64[Tensor, " examples"]:
        """The class that most of the nearest neighbours have; of several the one whose member is nearest."""
        found, squares = [], support.square().sum(dim=1)
        number = min(NEIGHBORS, len(support) - int(self.is_own.any()))
        for rows, ids in zip(torch.split(others, _ROWS), torch.split(self.images.ids, _ROWS), strict=True):
            # The square of a row's own length is the same for all its neighbours.
            distances = torch.addmm(squares, rows, support.T, alpha=-2)
            distances.masked_fill_(ids[:, None] == self.support.ids, torch.inf)
            nearest = distances.topk(number, dim=1, largest=False).indices
            found.append(majority(self.support.labels[nearest]))
        return torch.cat(found)

    @cached_property
    def nearest_distances(self) -> Float[Tensor, "examples neighbors"]:
        """Distances of unit features to those of the nearest images of the support."""
        support, found = normalize(self.support_features), []
        number = min(NEIGHBORS, len(support) - int(self.is_own.any()))
        for rows, ids in zip(
            torch.split(normalize(self.features), _ROWS), torch.split(self.images.ids, _ROWS), strict=True
        ):
            cosines = (rows @ support.T).masked_fill_(ids[:, None] == self.support.ids, -torch.inf)
            # |a - b|^2 = 2 - 2 a.b of unit vectors.
            found.append((2 - 2 * cosines.topk(number, dim=1).values).clamp_min(0).sqrt())
        return torch.cat(found)


def majority(labels: Int64[Tensor, "examples neighbors"]) -> Int64[Tensor, " examples"]:
    """The most frequent label of each row; of several the one that stands first in the row."""
    same = (labels[:, :, None] == labels[:, None, :]).sum(dim=2)
    return labels.gather(1, same.argmax(dim=1, keepdim=True))[:, 0]


def _keep(kept: dict[tuple[str, Pooling], list[Tensor]], name: str, maps: Tensor) -> None:
    """Add a batch of maps in both forms."""
    for pooling, side in _GRID.items():
        kept.setdefault((name, pooling), []).append(_grid(maps, side).flatten(1))


def _grid(maps: Tensor, side: int) -> Tensor:
    """Maps averaged over at most so many fields a side, tokens over all of them; what has neither as it is."""
    if maps.ndim == 3:
        return maps.mean(dim=1)
    if maps.ndim != 4:
        return maps
    height, width = maps.shape[2:]
    return adaptive_avg_pool2d(maps, (min(height, side), min(width, side)))


@contextmanager
def _listening(module: nn.Module, hear: Callable[[Tensor], None]) -> Iterator[None]:
    """Tell what a module gives, while the block runs."""
    handle = module.register_forward_hook(lambda _, __, output: hear(output))
    try:
        yield
    finally:
        handle.remove()
