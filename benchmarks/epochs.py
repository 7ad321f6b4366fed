"""One epoch of the workflow's own training loop, for benchmarks that time it."""

from collections.abc import Callable

from lethe.networks.build import Architecture
from lethe.networks.compute import Compute
from lethe.regimes.learner import Learner
from lethe.regimes.spec import RegimeOptions, RegimeSpec, Views
from lethe.training.loop import TrainingData, fit, make_optimizer
from lethe.training.plan import TrainingPlan


def epoch(
    learner: Learner,
    data: TrainingData,
    *,
    regime: RegimeSpec,
    options: RegimeOptions,
    architecture: Architecture,
    views: Views,
    compute: Compute,
) -> Callable[[], None]:
    """Trains for as many epochs as the options say with every call; the network goes on learning.

    Args: data: on the device of `compute`, where the learner is put.
    """
    plan = TrainingPlan(
        architecture=architecture,
        regime=regime,
        options=options,
        study_seed=0,
        seeds=(0,),
        compute=compute,
        data_checksum="",
        views=views,
        code_version="",
    )
    compute.place(learner)
    optimizer = make_optimizer(learner, options)
    return lambda: fit(learner, data, plan, 0, optimizer=optimizer)
