"""Whether the files that a network starts from are there and fit it: told before any job starts."""

from pathlib import Path

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.options import expanded, read_options
from lethe.networks.build import Architecture, build_classifier
from lethe.study.config import Study
from lethe.study.grid import Grid
from lethe.study.paths import DENSE_CHECKPOINT

DECIDES_NO_RESULT = "refuses configs before any job"

# A head fits any number of classes, because no file's head is taken.
_CLASSES = 2


def check_weights(study: Study, *, where: str) -> None:
    """Refuse an option that names a file which is not there or does not fit the network.

    Once all dense networks are trained, nobody reads such a file again.

    Raises: ConfigError: in one sentence.
    """
    spec = registry.load(registry.FAMILIES, study.model.name)
    options = read_options(spec.Options, study.model.options)
    files = {name: value for name, value in options if isinstance(value, Path)}
    if not files or all(Path(path).is_file() for path in Grid(study).paths(DENSE_CHECKPOINT)):
        return
    for name, file in files.items():
        if not expanded(file).is_file():
            raise ConfigError(
                f"{where}: model.options.{name}: '{file}' is no file; name one that is there, or leave the key out"
            )
    try:
        channels = 3 if study.has_color else 1
        build_classifier(Architecture(study.model.name, study.model.options, channels, _CLASSES), init_seed=0)
    except ConfigError as error:
        raise ConfigError(f"{where}: model.options: {error}") from error
