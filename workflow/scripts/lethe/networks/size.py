"""How many bytes the weights of a study's network take on disk, known before anything is trained."""

import torch

from lethe.networks.build import Architecture, empty_classifier
from lethe.study.config import Study

DECIDES_NO_RESULT = "looks at a study before any job"


def network_bytes(study: Study, classes: int) -> int:
    """Bytes of a dense network's parameters and buffers, as a checkpoint holds them."""
    architecture = Architecture(study.model.name, study.model.options, 3 if study.has_color else 1, classes)
    try:
        # Shapes alone: a large network is neither allocated nor initialised.
        with torch.device("meta"):
            network = empty_classifier(architecture)
    except (NotImplementedError, RuntimeError):  # one that computes with its values while it is built
        network = empty_classifier(architecture)
    return sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
