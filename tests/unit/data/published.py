"""Small files in the formats in which data sets are published, with generated content."""

import gzip
import hashlib
import io
import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

TRAIN, TEST = 24, 12
IDX_STEMS = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class Fixture:
    """How a data set is configured in a test."""

    options: dict
    root: Path | None
    files: tuple[Path, ...] = ()


def publish(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Fixture:
    """Files for a data set that reads files; a data set that is not listed here needs none."""
    monkeypatch.setattr("urllib.request.urlopen", _no_network)
    if name in ("fashion_mnist", "mnist", "kmnist"):
        module = import_module(f"lethe.data.sets.{name}")
        monkeypatch.setattr(module, "_SET", replace(module._SET, installed=()))
        write_idx_set(folder)
        return Fixture({"verify": False}, folder, tuple(sorted(folder.iterdir())))
    if name in ("cifar10", "cifar100"):
        write_cifar(folder, name, monkeypatch)
        return Fixture({}, folder, tuple(sorted(path for path in folder.rglob("*") if path.is_file())))
    if name == "svhn":
        write_svhn(folder, monkeypatch)
        return Fixture({}, folder, tuple(sorted(folder.iterdir())))
    pictures = {"image_folder": write_image_folder, "celeba": write_celeba, "imagenet": write_imagenet}
    if name in pictures:
        return Fixture({"size": 8}, folder, tuple(pictures[name](folder)))
    return Fixture({}, None)


def idx_bytes(array: np.ndarray) -> bytes:
    """An array of unsigned bytes as an IDX file."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx_set(folder: Path, *, packed: bool = True) -> None:
    """The four files of MNIST and its successors."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    for split, count in (("train", TRAIN), ("test", TEST)):
        images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            content = idx_bytes(array)
            path = folder / f"{IDX_STEMS[split]}-{kind}-ubyte{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(content, mtime=0) if packed else content)


def write_cifar(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CIFAR's pickles; torchvision's lists then name these files and their md5."""
    from torchvision import datasets

    cls = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    classes = 10 if name == "cifar10" else 100
    key = "labels" if name == "cifar10" else "fine_labels"
    folder = root / cls.base_folder
    folder.mkdir(parents=True)
    generator = np.random.default_rng(1)
    for field in ("train_list", "test_list"):
        listed = []
        for file, _ in getattr(cls, field):
            pixels = generator.integers(0, 256, (TEST, 3072), dtype=np.uint8)
            listed.append([file, _pickle(folder / file, {"data": pixels, key: [i % 10 for i in range(TEST)]})])
        monkeypatch.setattr(cls, field, listed)
    names = {cls.meta["key"]: [f"class {label}" for label in range(classes)]}
    monkeypatch.setattr(cls, "meta", {**cls.meta, "md5": _pickle(folder / cls.meta["filename"], names)})


def _pickle(path: Path, content: dict) -> str:
    """Write as an old numpy did, with a data type's flags as integers; gives the md5."""
    dumped = pickle.dumps(content, protocol=2)
    old = dumped.replace(b"\x89\x88\x87", b"K\x00K\x01\x87")
    path.write_bytes(old)
    return hashlib.md5(old).hexdigest()


def write_svhn(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SVHN's Matlab files, digit 0 labelled 10 as published; torchvision's list then names them and their md5."""
    from scipy.io import savemat
    from torchvision.datasets import SVHN

    root.mkdir(parents=True, exist_ok=True)
    listed = {}
    for seed, (split, count) in enumerate((("train", TRAIN), ("test", TEST))):
        pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3, count), dtype=np.uint8)
        content = io.BytesIO()
        savemat(content, {"X": pixels, "y": (np.arange(count) % 10 + 1).astype(np.uint8)[:, None]})
        url, file, _ = SVHN.split_list[split]
        (root / file).write_bytes(content.getvalue())
        listed[split] = [url, file, hashlib.md5(content.getvalue()).hexdigest()]
    monkeypatch.setattr(SVHN, "split_list", listed)


def write_image_folder(root: Path, *, test: str = "test") -> Iterator[Path]:
    """Two classes of PNG and JPEG images of several sizes."""
    from PIL import Image

    generator = np.random.default_rng(2)
    for split, count in (("train", 3), (test, 2)):
        for name in ("cat", "dog"):
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                path = root / split / name / f"{number}.{'png' if number else 'jpg'}"
                Image.fromarray(generator.integers(0, 256, (20 + number, 30, 3), dtype=np.uint8)).save(path)
                yield path


CELEBA_NAMES = ("5_o_Clock_Shadow", "Blond_Hair", "Male", "Young")


def write_celeba(root: Path) -> Iterator[Path]:
    """Twelve faces of noise with four of the attributes, in CelebA's own form."""
    from PIL import Image

    generator = np.random.default_rng(3)
    (root / "img_align_celeba").mkdir(parents=True)
    values = generator.choice((-1, 1), (12, len(CELEBA_NAMES)))
    values[:, 1] = np.tile((1, -1), 6)
    names = [f"{number:06d}.jpg" for number in range(1, 13)]
    lines = [f"{name}  " + " ".join(f"{value:2d}" for value in row) for name, row in zip(names, values, strict=True)]
    table = root / "list_attr_celeba.txt"
    table.write_text("\n".join([str(len(names)), " ".join(CELEBA_NAMES) + " ", *lines]) + "\n")
    partition = root / "list_eval_partition.txt"
    partition.write_text("".join(f"{name} {(0, 0, 0, 1, 2, 2)[number // 2]}\n" for number, name in enumerate(names)))
    yield from (table, partition)
    for number, name in enumerate(names):
        path = root / "img_align_celeba" / name
        Image.fromarray(generator.integers(0, 256, (22, 18, 3), dtype=np.uint8)).save(path)
        if number // 2 != 3:  # of the official validation images none is read
            yield path


def write_imagenet(root: Path, *, flat: bool = False) -> Iterator[Path]:
    """Two classes of JPEG images in ImageNet's folders; validation images in class folders, or all in one."""
    from PIL import Image

    generator = np.random.default_rng(4)
    base = root / "ILSVRC/Data/CLS-LOC"
    solution = ["ImageId,PredictionString"]
    for split, count in (("train", 3), ("val", 2)):
        for place, wnid in enumerate(("n01440764", "n02102040")):
            folder = base / split / ("" if flat and split == "val" else wnid)
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                name = f"ILSVRC2012_val_{2 * number + place:08d}" if split == "val" else f"{wnid}_{number}"
                Image.fromarray(generator.integers(0, 256, (20, 24, 3), dtype=np.uint8)).save(
                    folder / f"{name}.JPEG", "JPEG"
                )
                yield folder / f"{name}.JPEG"
                if split == "val":
                    solution.append(f"{name},{wnid} 1 2 3 4 ")
    for name, text in (
        ("LOC_val_solution.csv", "\n".join(solution) + "\n"),
        (
            "LOC_synset_mapping.txt",
            "n01440764 tench, Tinca tinca\nn02102040 English springer, English springer spaniel\n",
        ),
    ):
        (root / name).write_text(text)


def _no_network(*arguments: object, **options: object) -> None:
    raise URLError("tests have no network")
