"""A configured method at one level, from plain arguments, and what a checkpoint's record says of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from lethe.compress import treated
from lethe.compress.channels import ChannelGroup, read_groups
from lethe.compress.spec import CompressSpec, InTrainingSpec
from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.explain import checked
from lethe.networks.checkpoint import Traits
from lethe.study.treatments import TREATED

Spec = TypeVar("Spec", CompressSpec, InTrainingSpec)
_OTHER_SCRIPT = {
    "post_hoc": "compresses networks after their training; run compress.py for it",
    "in_training": "acts while networks are trained; run train_compressed.py for it",
}


@dataclass(frozen=True)
class Compressor(Generic[Spec]):
    """What is asked of a method.

    Attributes:
        name: the method as the study calls it.
        options: of the spec's own class.
        level: as it stands in a path, `0.90`.
        groups: the coupled channels, where they are known.
    """

    name: str
    spec: Spec
    options: Any
    level: str
    groups: tuple[ChannelGroup, ...] | None = None

    def record(self, *, treatment: str) -> dict[str, Any]:
        """The method's fields of a checkpoint's header.

        Args: treatment: what is done to a network beside, in a few words; `raw` for nothing.
        """
        spec = self.spec
        traits = Traits(
            plugin=spec.name,
            level_kind=spec.level_kind,
            pairing="paired" if spec.pairing == "post_hoc" else "independent",
            treatment=treatment,
            acts_on=spec.acts_on,
            role=spec.role,
            control=spec.control,
        )
        return {
            "method": self.name,
            "level": self.level,
            "options": self.options.model_dump(mode="json"),
            "level_asked": float(self.level),
            "traits": traits.as_json(),
        }


def read_compressor(
    acting: type[Spec], *, name: str, plugin: str, level: str, options: str, channels: Path | None
) -> Compressor[Spec]:
    """A compressor from what a rule passes.

    Args:
        acting: of method: one that acts after training, or during it.
        options: the method's options as JSON.
        channels: what `write_groups` wrote; without it the network is traced.
    Raises: ConfigError: no such plug-in, or one that acts at another time.
    """
    spec = treated.SPEC if plugin == TREATED else registry.load(registry.METHODS, plugin)
    if not isinstance(spec, acting):
        raise ConfigError(f"method '{plugin}' {_OTHER_SCRIPT[spec.pairing]}")
    groups = None if channels is None else read_groups(channels)
    return Compressor(name, spec, checked(spec.Options, options, where=name), level, groups)
