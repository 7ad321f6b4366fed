"""Any image model of the timm library by its name there, with fresh weights or those of a local file.

Nothing is ever downloaded. `weights` is a safetensors file in timm's layout with a fitting number of input channels;
its classifier is left out and a fresh head takes its place. The file is read only when a network starts its
training: a checkpoint holds all weights, so networks read from one do not need it.

Source: timm, https://github.com/huggingface/pytorch-image-models.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from torch import Tensor, nn

from lethe.core.errors import ConfigError
from lethe.core.options import Strict, expanded
from lethe.networks.spec import Classifier, ModelSpec

Argument = bool | int | float | str
RESERVED = ("num_classes", "in_chans", "pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path")


def _without_reserved(arguments: dict[str, Argument]) -> dict[str, Argument]:
    # The data decide the first two; the others would download weights, or unpickle a file.
    if given := sorted(arguments.keys() & set(RESERVED)):
        raise ValueError(f"not allowed: {', '.join(given)}; weights come from the option `weights`")
    return arguments


def _known_model(model: str) -> str:
    """The name of a model that timm has."""
    import timm

    if not timm.is_model(model):
        nearest = get_close_matches(model, timm.list_models(), n=3) or timm.list_models("resnet*")[:3]
        raise ValueError(f"no such timm model; nearest: {', '.join(nearest)}; `timm.list_models()` gives all")
    return model


class Options(Strict):
    """Which model, what it is built with, and where its weights come from."""

    model: Annotated[str, AfterValidator(_known_model)] = Field(
        examples=["mobilenetv3_small_050"], description="a name that timm.list_models() gives, such as resnet10t"
    )
    arguments: Annotated[dict[str, Argument], AfterValidator(_without_reserved)] = Field(
        default={}, description="further arguments of timm.create_model, such as img_size: 32 for a transformer"
    )
    weights: Path | None = Field(default=None, description="local safetensors file to start from; none = fresh weights")


def build(options: Options, channels: int, classes: int) -> Classifier:
    """A network with fresh weights, its encoder's overwritten by the file's if there is one."""
    classifier = rebuild(options, channels, classes)
    if options.weights is not None:
        _load_weights(classifier.encoder, expanded(options.weights))
    return classifier


def rebuild(options: Options, channels: int, classes: int) -> Classifier:
    """The network without a look at `weights`."""
    encoder = _encoder(options, channels)
    features = getattr(encoder, "head_hidden_size", None)
    if not isinstance(features, int):
        raise _unfit(options, "it does not say how many features it has")
    return Classifier(encoder, nn.Linear(features, classes), channels)


def _encoder(options: Options, channels: int) -> Any:
    """A fresh timm model without its classifier."""
    import timm

    arguments: dict[str, Any] = {"num_classes": 0, "in_chans": channels, **options.arguments}
    try:
        return timm.create_model(options.model, pretrained=False, **arguments)
    except (AssertionError, AttributeError, RuntimeError, TypeError, ValueError) as error:
        raise _unfit(options, str(error)) from error


def _unfit(options: Options, reason: str) -> ConfigError:
    """The error for a model that cannot be an encoder."""
    return ConfigError(
        f"timm model '{options.model}' with arguments {options.arguments} cannot be built without its classifier: "
        f"{reason}; choose a model that takes num_classes=0, and arguments that it knows"
    )


def _load_weights(encoder: Any, file: Path) -> None:
    """Copy a file's tensors into an encoder, all of them but the classifier's.

    Raises: ConfigError: no such file, or one that does not hold exactly the encoder's tensors.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not file.is_file():
        raise ConfigError(f"weights {file}: no such file; give a local safetensors file, or leave the key out")
    try:
        tensors = load_file(file)
    except SafetensorError as error:
        raise ConfigError(f"weights {file}: not a safetensors file ({error}); convert it first") from error
    named = encoder.pretrained_cfg.get("classifier") or ()
    classifiers = tuple(f"{name}." for name in ([named] if isinstance(named, str) else named))
    wanted = encoder.state_dict()
    tensors = {name: tensors[name] for name in tensors if name in wanted or not name.startswith(classifiers)}
    mistakes = _differences(tensors, wanted)
    if mistakes:
        raise ConfigError(f"weights {file} are not those of this model: {'; '.join(mistakes)}")
    encoder.load_state_dict(tensors)


def _differences(given: dict[str, Tensor], wanted: dict[str, Tensor]) -> list[str]:
    """What keeps tensors from being loaded, a sentence per fault."""
    shapes = [
        f"{name} has {tuple(given[name].shape)}, not {tuple(wanted[name].shape)}"
        for name in sorted(given.keys() & wanted.keys())
        if given[name].shape != wanted[name].shape
    ]
    faults = {
        "missing": sorted(wanted.keys() - given.keys()),
        "unexpected": sorted(given.keys() - wanted.keys()),
        "of another shape": shapes,
    }
    return [f"{len(found)} {fault}: {_few(found)}" for fault, found in faults.items() if found]


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def cut_points(model: Classifier) -> tuple[str, ...]:
    """Where timm itself takes features, or the parts of the encoder where it does not say."""
    stated = getattr(model.encoder, "feature_info", None) or []
    names = [str(place["module"]) for place in stated if isinstance(place, dict)]
    known = dict(model.encoder.named_modules())
    return tuple(name for name in names if name in known) or tuple(name for name, _ in model.encoder.named_children())


SPEC = ModelSpec(
    name="timm",
    summary="any model of the timm library, with fresh weights or those of a local file",
    source="timm, https://github.com/huggingface/pytorch-image-models",
    Options=Options,
    build=build,
    cut_points=cut_points,
    rebuild=rebuild,
)
