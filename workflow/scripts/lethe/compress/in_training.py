"""Networks that are compressed while they train: what a method adds to the plan of the dense networks."""

from dataclasses import replace

from lethe.compress.compressor import Compressor
from lethe.compress.masks import channels_gone, sparsity_of
from lethe.compress.spec import InTrainingSpec, seeded_inputs
from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate
from lethe.data.labelled import labelled_part
from lethe.data.store import Stored
from lethe.networks.build import empty_classifier
from lethe.networks.products import require_known_products
from lethe.networks.spec import Classifier
from lethe.training.plan import Compression, TrainingPlan


def plan_compressed(dense: TrainingPlan, compressor: Compressor[InTrainingSpec], train: Stored) -> TrainingPlan:
    """The plan of networks that a method compresses while they train as the dense ones do.

    Raises:
        ConfigError: options that do not fit the length of the training, or labels that the regime does not use.
        CompressionError: a network that multiplies by other weights than those of layers of a known form.
    """
    if compressor.spec.labels and dense.regime.labels == "none":
        raise ConfigError(
            f"method '{compressor.name}' looks at labels before the training, but regime '{dense.configured_name}' "
            "uses none; name the regimes that it is for: regimes: [...]"
        )
    level, spec, options = float(compressor.level), compressor.spec, compressor.options
    full = empty_classifier(dense.architecture)
    require_known_products(full, train.images.shape[1:], by_call=spec.level_kind != "sparsity")

    def start(model: Classifier, replicate: Replicate) -> Classifier:
        usable = labelled_part(train, dense.labelled, replicate.seed) if spec.labels else None
        inputs, generator = seeded_inputs(train, replicate, dense.compute.device, compressor.groups, usable)
        return spec.start(model, level, options, inputs, generator)

    record = compressor.record(treatment="trained")
    if spec.level_kind == "channel_sparsity":
        record["channel_sparsity_achieved"] = [channels_gone(start(full, dense.replicate(dense.seeds[0])), full)]
    compression = Compression(
        record=record,
        start=start,
        achieved=lambda model: sparsity_of(model, full),
    )
    masks = spec.masks(level, options, dense.options.total_steps(len(train)))
    return replace(dense, compression=compression, masks=masks)
