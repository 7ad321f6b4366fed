"""Published methods that look at labelled images are one file each, and the contract tests take them as they are."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.workspace import ROOT, environment, make_workspace

pytestmark = [pytest.mark.slow, pytest.mark.long]
METHODS = "workflow/scripts/lethe/compress/methods"
TESTS = ("tests/conftest.py", "tests/contract", "tests/golden", "tests/support", "tests/unit", "pyproject.toml")

SNIP = '''"""Weights of the smallest |g w| are removed. Source: Lee et al. 2019, arXiv:1810.02340."""

import torch
from pydantic import Field, PositiveInt
from torch.nn.functional import cross_entropy

from lethe.compress.masks import keep_highest, masked, prunable_weights
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.data.augment import to_float
from lethe.networks.spec import Classifier


class Options(PostHocOptions):
    """How many images."""

    batch: PositiveInt = Field(default=200, description="labelled images")


def compress(
    model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """The smallest |g w| of the whole network."""
    images, labels = inputs.labelled_images(options.batch, purpose="batch")
    parameters = dict(model.eval().named_parameters())
    names = list(prunable_weights(model))
    with torch.enable_grad():
        loss = cross_entropy(model(to_float(images)), labels)
        slopes = torch.autograd.grad(loss, [parameters[name] for name in names])
    scores = {name: (slope * parameters[name].detach()).abs() for name, slope in zip(names, slopes, strict=True)}
    return masked(model, keep_highest(scores, level))


SPEC = CompressSpec(
    name="snip",
    summary="weights of small sensitivity removed",
    source="Lee et al. 2019, arXiv:1810.02340",
    level_kind="sparsity",
    pairing="post_hoc",
    role="method",
    control="random",
    acts_on="weights",
    Options=Options,
    compress=compress,
    labels=True,
)
'''

FISHER = '''"""Channels of small Fisher information removed. Source: arXiv:1801.05787."""

import torch
from torch.nn.functional import cross_entropy

from lethe.compress.channel_scores import prune_channels
from lethe.compress.channels import ChannelGroup
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.data.augment import to_float
from lethe.networks.spec import Classifier


def compress(
    model: Classifier, level: float, options: PostHocOptions, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """The smallest sum of squared slopes of filters over 200 images."""
    images, labels = inputs.labelled_images(200, purpose="images")
    parameters = dict(model.eval().named_parameters())

    def score(group: ChannelGroup) -> torch.Tensor:
        names = [f"{member.layer}.weight" for member in group.of("producer")]
        total = torch.zeros(group.width)
        with torch.enable_grad():
            for image, label in zip(images.split(20), labels.split(20), strict=True):
                loss = cross_entropy(model(to_float(image)), label)
                for slope in torch.autograd.grad(loss, [parameters[name] for name in names]):
                    total += slope.flatten(1).square().sum(dim=1)
        return total

    return prune_channels(model, level, inputs, score)


SPEC = CompressSpec(
    name="channel_fisher",
    summary="channels of small Fisher information removed",
    source="arXiv:1801.05787",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="method",
    control="channel_random",
    acts_on="channels",
    Options=PostHocOptions,
    compress=compress,
    channels=True,
    labels=True,
)
'''

AT_THE_START = '''"""The same before the training. Source: Lee et al. 2019, arXiv:1810.02340."""

from copy import deepcopy

import torch
from pydantic import Field, PositiveInt
from torch.nn.functional import cross_entropy

from lethe.compress.masks import keep_highest, masked, prunable_weights
from lethe.compress.spec import Inputs, InTrainingOptions, InTrainingSpec
from lethe.data.augment import to_float
from lethe.networks.spec import Classifier, Masks
from lethe.training.plan import MaskSchedule


class Options(InTrainingOptions):
    """How many images."""

    batch: PositiveInt = Field(default=200, description="labelled images")


def start(model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator) -> Classifier:
    """A fresh network without the weights of the smallest |g w|."""
    images, labels = inputs.labelled_images(options.batch, purpose="batch")
    parameters = dict(model.named_parameters())
    names = list(prunable_weights(model))
    with torch.enable_grad():
        copy = deepcopy(model).eval()
        own = dict(copy.named_parameters())
        slopes = torch.autograd.grad(cross_entropy(copy(to_float(images)), labels), [own[name] for name in names])
    scores = {name: (slope * parameters[name].detach()).abs() for name, slope in zip(names, slopes, strict=True)}
    return masked(model, keep_highest(scores, level)).model


def masks(level: float, options: Options, steps: int) -> MaskSchedule:
    """Whatever is 0 stays 0."""

    def held(step: int, model: Classifier) -> Masks:
        return {name: weight != 0 for name, weight in prunable_weights(model).items()} if level else {}

    return held


SPEC = InTrainingSpec(
    name="early_snip",
    summary="weights of small sensitivity removed before the training",
    source="Lee et al. 2019, arXiv:1810.02340",
    level_kind="sparsity",
    pairing="in_training",
    role="method",
    control="",
    acts_on="weights",
    Options=Options,
    start=start,
    masks=masks,
    labels=True,
)
'''
# Looks at 300 images with labels and at 400 without, and is about bits.
SENSITIVE = '''"""Weights are rounded more finely where the loss is steep. Source: arXiv:1911.03852, simplified."""

from copy import deepcopy

import torch
from torch.nn.functional import cross_entropy

from lethe.compress.masks import prunable_weights
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.data.augment import to_float
from lethe.networks.spec import Classifier


def compress(
    model: Classifier, level: float, options: PostHocOptions, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Weights are rounded to steps of which there are more where the loss is steep."""
    copy = deepcopy(model).eval()
    if level == 32:
        return Compressed(copy, {})
    images, labels = inputs.labelled_images(300, purpose="images")
    others = to_float(inputs.images(400, purpose="statistics"))
    parameters = dict(copy.named_parameters())
    names = list(prunable_weights(copy))
    with torch.enable_grad():
        loss = cross_entropy(copy(to_float(images)), labels)
        slopes = torch.autograd.grad(loss, [parameters[name] for name in names])
    steep = others.std() * torch.stack([slope.abs().max() for slope in slopes])
    with torch.no_grad():
        for name, share in zip(names, steep / steep.max(), strict=True):
            weight = parameters[name]
            step = weight.abs().max().clamp(min=1e-12) / (2 ** (level - 1) - 1) / (1 + share)
            weight.copy_((weight / step).round() * step)
    return Compressed(copy, {})


SPEC = CompressSpec(
    name="sensitive_bits",
    summary="weights rounded, more finely where the loss is steep",
    source="arXiv:1911.03852",
    level_kind="bits",
    pairing="post_hoc",
    role="method",
    control="",
    acts_on="bits",
    Options=PostHocOptions,
    compress=compress,
    labels=True,
)
'''
FILES = {"snip": SNIP, "channel_fisher": FISHER, "early_snip": AT_THE_START, "sensitive_bits": SENSITIVE}


def test_the_contract_tests_take_methods_that_look_at_hundreds_of_labelled_images(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "lethe")
    for part in TESTS:
        target = workspace / part
        target.parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copy(ROOT / part, target)
    for name, text in FILES.items():
        (workspace / METHODS / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:xdist", "-k", " or ".join(FILES)]
    command += ["--jaxtyping-packages=lethe,beartype.beartype"]
    result = subprocess.run(
        [*command, "tests/contract/test_compress.py", "tests/contract/test_in_training.py"],
        cwd=workspace,
        env={name: value for name, value in environment().items() if not name.startswith("PYTEST_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    for name in FILES:
        assert len(re.findall(rf"^PASSED .*\[{name}\b", result.stdout, re.M)) >= 5, result.stdout
