"""What a block's record says of the method that made it, whether it acted during or after training."""

from typing import Any

from lethe.compress.spec import CompressSpec, InTrainingOptions, InTrainingSpec, PostHocOptions


def _tmp(spec, treatment):
    small = spec.name == "small_dense"
    controls = ("random", "channel_random", "fold_random")
    acts = {"sparsity": "weights", "bits": "bits"}.get(
        spec.level_kind, "channels" if spec.name.startswith("channel_") or small else "clusters"
    )
    control = (
        ""
        if spec.name in controls or small or spec.level_kind == "bits"
        else {"weights": "random", "channels": "channel_random", "clusters": "fold_random"}[acts]
    )
    return {
        "plugin": spec.name,
        "level_kind": spec.level_kind,
        "pairing": "paired" if spec.pairing == "post_hoc" else "independent",
        "treatment": treatment,
        "acts_on": acts,
        "role": "capacity control" if small else "random control" if spec.name in controls else "method",
        "control": control,
    }


def method_fields(
    method: str,
    spec: CompressSpec | InTrainingSpec,
    options: PostHocOptions | InTrainingOptions,
    level: str,
    *,
    treatment: str,
) -> dict[str, Any]:
    """The fields of a record that name a method, its plug-in, its options, and the level that was asked for.

    Args:
        method: as the study calls it.
        treatment: what is done to a network beside, in a few words.
    """
    return {
        "method": method,
        "plugin": spec.name,
        "level": level,
        "level_kind": spec.level_kind,
        "pairing": spec.pairing,
        "options": options.model_dump(mode="json"),
        "treatment": treatment,
        "level_asked": float(level),
        "traits": _tmp(spec, treatment),
    }
