"""What a block's record says of the method that made it, whether it acted during or after training."""

from typing import Any

from lethe.compress.spec import CompressSpec, InTrainingOptions, InTrainingSpec, PostHocOptions


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
    }
