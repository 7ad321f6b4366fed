"""Whether a study's network can lose the channels that its levels ask for: told before any job starts."""

from lethe.compress.channels import coupled_channels, require_channels
from lethe.core import registry
from lethe.core.errors import CompressionError, ConfigError
from lethe.networks.build import Architecture, empty_classifier
from lethe.study.config import Study

# Widths do not depend on the data; a network that cannot take such images is left to the jobs that know the real ones.
_STAND_IN = (3, 32, 32)


def check_channel_levels(study: Study, *, where: str) -> None:
    """Refuse methods that remove or merge channels where the network or a level does not allow it.

    Raises: ConfigError: every such method, one per line.
    """
    methods = [
        m for m in study.compression if registry.literal(registry.METHODS, study.plugin(m), "channels", default=False)
    ]
    if not methods:
        return
    network = empty_classifier(Architecture(study.model.name, study.model.options, _STAND_IN[0], 2))
    try:
        groups = coupled_channels(network, _STAND_IN)
    except CompressionError as error:
        raise ConfigError(f"{where}: model '{study.model.name}' with {', '.join(methods)}: {error}") from error
    except (RuntimeError, ValueError, AssertionError):
        return
    mistakes = []
    for method in methods:
        harshest = max(float(level) for level in study.compression[method].levels)
        try:
            require_channels(groups, harshest)
        except CompressionError as error:
            mistakes.append(f"{where}: compression.{method}.levels: {error}")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
