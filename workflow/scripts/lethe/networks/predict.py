"""Recorded predictions, always in float32 and in batches of one fixed size."""

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor
from torch.nn.functional import cross_entropy, softmax

from lethe.data.augment import to_float
from lethe.networks.spec import Classifier

# Half precision flips near ties; another batch size can change a sum's order on some devices.
_BATCH = 500


@torch.inference_mode()
def predict_logits(
    model: Classifier, images: UInt8[Tensor, "examples channels height width"]
) -> Float[Tensor, "examples classes"]:
    """Float32 logits in evaluation mode, on the images' device; the model's mode is put back afterwards."""
    was_training = model.training
    model.eval()
    logits = torch.cat([model(to_float(batch)) for batch in torch.split(images, _BATCH)])
    model.train(was_training)
    return logits


def extract_features(
    model: Classifier, images: UInt8[Tensor, "examples channels height width"]
) -> Float[Tensor, "examples features"]:
    """Float32 features as the head receives them, in evaluation mode; the model's mode is put back afterwards.

    Where the head rounds its inputs, as in a quantised network, they are rounded.
    """
    seen: list[Tensor] = []
    handle = model.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        predict_logits(model, images)
    finally:
        handle.remove()
    return torch.cat(seen)


def margins(
    logits: Float[Tensor, "examples classes"], labels: Int64[Tensor, " examples"]
) -> Float[Tensor, " examples"]:
    """Logit of the label minus the largest other logit: positive where the prediction is right."""
    of_label = logits.gather(1, labels[:, None])[:, 0]
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return of_label - others.amax(dim=1)


def label_probabilities(
    logits: Float[Tensor, "examples classes"], labels: Int64[Tensor, " examples"]
) -> Float[Tensor, " examples"]:
    """Softmax probability of the label."""
    return softmax(logits, dim=1).gather(1, labels[:, None])[:, 0]


def losses(logits: Float[Tensor, "examples classes"], labels: Int64[Tensor, " examples"]) -> Float[Tensor, " examples"]:
    """Cross entropy of every example, in nats."""
    return cross_entropy(logits, labels, reduction="none")


def is_correct(
    logits: Float[Tensor, "examples classes"], labels: Int64[Tensor, " examples"]
) -> Bool[Tensor, " examples"]:
    """Whether the prediction, the first largest logit, is the label."""
    return logits.argmax(dim=1) == labels
