"""Small folders that went wrong without a word: transparent pictures, an empty channel, links, suffixes, a leak."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lethe.core.errors import DataError
from lethe.core.splits import Corrupted
from lethe.data.corrupt import corrupt_split
from lethe.data.prepare import Source, SplitFiles, prepare
from lethe.data.store import read_paths
from lethe.store.schema import EXAMPLES
from lethe.store.tables import read_record, read_table

SHAPES = ("disc", "triangle")
Draw = Callable[[np.random.Generator, int], Image.Image]


def drawing(generator: np.random.Generator, kind: int) -> Image.Image:
    """A black disc or triangle on a transparent ground."""
    image = Image.new("RGBA", (24, 24), (0, 0, 0, 0))
    draw, (x, y), width = ImageDraw.Draw(image), generator.uniform(0, 9, 2), generator.uniform(9, 14)
    if kind == 0:
        draw.ellipse([x, y, x + width, y + width], fill=(0, 0, 0, 255))
    else:
        draw.polygon([(x, y + width), (x + width, y + width), (x + width // 2, y)], fill=(0, 0, 0, 255))
    return image


def on_white(generator: np.random.Generator, kind: int) -> Image.Image:
    image = Image.new("RGBA", (24, 24), (255,) * 4)
    image.alpha_composite(drawing(generator, kind))
    return image.convert("RGB")


def indexed(generator: np.random.Generator, kind: int) -> Image.Image:
    """The drawing in a palette whose every colour is black."""
    drawn = drawing(generator, kind)
    image = Image.new("P", drawn.size, 0)
    image.putpalette([0, 0, 0] * 256)
    image.paste(1, mask=drawn.getchannel("A"))
    return image


def fluorescent(generator: np.random.Generator, kind: int) -> Image.Image:
    """A spot in red and green; nothing in blue."""
    y, x = np.mgrid[:16, :16]
    center, radius = generator.uniform(5, 11, 2), (2.2, 4.5)[kind]
    pixels = np.zeros((16, 16, 3))
    pixels[..., :2] = 140 * np.exp(-((x - center[0]) ** 2 + (y - center[1]) ** 2) / radius**2)[..., None]
    pixels[..., :2] += generator.normal(20, 5, (16, 16, 2))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def make_folder(root: Path, draw: Draw, counts: tuple[int, int] = (12, 6), **options: object) -> Path:
    generator = np.random.default_rng(0)
    for split, count in zip(("train", "test"), counts, strict=True):
        for kind, label in enumerate(SHAPES):
            place = root / split / label
            place.mkdir(parents=True)
            for number in range(count):
                draw(generator, kind).save(place / f"{number:03d}.png", **options)
    return root


def files(folder: Path, split: str) -> SplitFiles:
    return SplitFiles(folder / f"{split}.npy", folder / f"{split}.parquet")


def prepared(root: Path, folder: Path, **options: object) -> tuple[np.ndarray, list[str]]:
    """The training images, and what was told."""
    source = Source("image_folder", json.dumps({"size": 24, **options}), root, None, 0)
    told = prepare(source, files(folder, "train"), files(folder, "test"))
    for split in ("train", "test"):
        assert read_record(files(folder, split).examples)["told"] == told
    return np.load(folder / "train.npy"), told


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


TRANSPARENT = {"transparent": (drawing, {}), "transparent_palette": (indexed, {"transparency": 0})}


@pytest.mark.slow
@pytest.mark.parametrize("case", TRANSPARENT)
def test_transparent_drawings_are_those_on_white(tmp_path: Path, out: Path, case: str) -> None:
    draw, options = TRANSPARENT[case]
    images, told = prepared(make_folder(tmp_path / case, draw, **options), out)
    control, silent = prepared(make_folder(tmp_path / "white", on_white), tmp_path / "control")
    np.testing.assert_array_equal(images, control)
    assert silent == [] and len(told) == 2
    assert told[0].startswith("24 of 24 training images have transparency, which was composed on a white ground")
    assert read_record(out / "train.parquet")["options"] == {"size": 24}


@pytest.mark.parametrize("case", TRANSPARENT)
def test_a_ground_on_which_nothing_shows_is_refused_and_nothing_written(tmp_path: Path, out: Path, case: str) -> None:
    draw, options = TRANSPARENT[case]
    with pytest.raises(
        DataError, match=r"all 24 training images are one picture .*train/disc/000.png.*composed on a black ground"
    ):
        prepared(make_folder(tmp_path / case, draw, **options), out, ground="black")
    assert not [path for path in out.iterdir() if path.suffix in (".npy", ".parquet")]


def test_an_empty_channel_is_told(tmp_path: Path, out: Path) -> None:
    _, told = prepared(make_folder(tmp_path / "empty_blue", fluorescent), out, size=16)
    assert told == ["The blue channel is 0 in every training image; networks are not shown it."]


def test_images_behind_a_linked_folder_are_read(tmp_path: Path, out: Path) -> None:
    root, generator = make_folder(tmp_path / "links", on_white), np.random.default_rng(5)
    (tmp_path / "store").mkdir()
    for number in range(30):
        on_white(generator, 0).save(tmp_path / f"store/extra{number:03d}.png")
    (root / "train/disc/camera2").symlink_to(tmp_path / "store")
    images, told = prepared(root, out)
    assert len(images) == 24 + 30 and not [sentence for sentence in told if "left out" in sentence]
    assert "train/disc/camera2/extra007.png" in read_paths(out / "train.parquet")


def test_gif_and_jfif_files_are_read_and_others_told(tmp_path: Path, out: Path) -> None:
    root, generator = make_folder(tmp_path / "suffixes", on_white), np.random.default_rng(5)
    for number in range(20):
        on_white(generator, 0).convert("P").save(root / f"train/disc/g{number}.gif")
        on_white(generator, 0).save(root / f"train/disc/h{number}.jfif", format="JPEG")
    (root / "train/disc/raw.nef").write_bytes(b"raw")
    images, told = prepared(root, out)
    assert len(images) == 24 + 40
    assert told[0] == (
        "1 file or folder is left out of the images: with another suffix (.nef 1); first train/disc/raw.nef."
    )


def test_a_leak_is_told(tmp_path: Path, out: Path) -> None:
    root = make_folder(tmp_path / "leak", on_white)
    shutil.rmtree(root / "test")
    shutil.copytree(root / "train", root / "test")
    _, told = prepared(root, out)
    assert told == [
        "24 of 24 test images are also training images, pixel for pixel, where accuracy is memory; first "
        "test/disc/000.png and train/disc/000.png."
    ]


def test_paths_stand_in_the_examples_of_every_split(tmp_path: Path, out: Path) -> None:
    root = make_folder(tmp_path / "white", on_white)
    prepared(root, out)
    corrupt_split(files(out, "test"), files(out, "fog"), Corrupted("fog", 3), study_seed=0)
    clean, copy = (read_table(files(out, split).examples, EXAMPLES) for split in ("test", "fog"))
    assert copy.equals(clean) and "told" not in read_record(out / "fog.parquet")
    assert clean["path"].tolist() == [f"test/{label}/{n:03d}.png" for label in SHAPES for n in range(6)]
    assert str(tmp_path).encode() not in files(out, "test").examples.read_bytes()
    assert [Path(path).parent.name for path in clean["path"]] == clean["class_name"].tolist()


def test_a_part_of_the_training_images_keeps_its_paths(tmp_path: Path, out: Path) -> None:
    root = make_folder(tmp_path / "white", on_white)
    prepared(root, tmp_path / "whole")
    source = Source("image_folder", '{"size": 24}', root, 10, 0)
    prepare(source, files(out, "train"), files(out, "test"))
    part, whole = (read_table(folder / "train.parquet", EXAMPLES) for folder in (out, tmp_path / "whole"))
    assert len(part) == 10
    joined = part.merge(whole, on="example_id", suffixes=("", "_before"))
    assert len(joined) == 10 and (joined["path"] == joined["path_before"]).all()
