"""A table of attributes: which rows belong to which example, and everything that can be wrong with it."""

from pathlib import Path

import numpy as np
import pytest

from lethe.core.errors import DataError
from lethe.data.attributes import with_attributes
from lethe.data.plant import attribute_frame
from lethe.data.spec import Split, in_memory

IMAGES = np.zeros((3, 1, 2, 2), np.uint8)


def splits(*, paths: bool = False) -> dict[str, Split]:
    found = {}
    for name, first in (("train", 10), ("test", 20)):
        split = in_memory(IMAGES, np.array([0, 1, 0]), first + np.arange(3), ("a", "b"))
        named = tuple(f"{name}/{number}.png" for number in range(3)) if paths else ()
        found[name] = Split(**{**vars(split), "paths": named})
    return found


def table(folder: Path, text: str) -> Path:
    file = folder / "groups.csv"
    file.write_text(text)
    return file


def test_rows_find_their_examples_in_any_order(tmp_path: Path) -> None:
    text = "sex,example_id,age\nf,12,old\nm,10,young\nf,11,NA\n"
    found = with_attributes(splits(), table(tmp_path, text))
    assert list(found["train"].attributes["sex"]) == ["m", "f", "f"]
    assert list(found["train"].attributes["age"]) == ["young", "NA", "old"]
    assert found["test"].attributes == {}
    frame = attribute_frame(found["train"])
    assert frame["attribute"].tolist() == ["sex"] * 3 + ["age"] * 3 and frame["example_id"].tolist() == [10, 11, 12] * 2


def test_paths_name_examples_that_have_files(tmp_path: Path) -> None:
    text = "path,light\ntest/2.png,dark\ntest/0.png,bright\ntest/1.png,dark\n"
    found = with_attributes(splits(paths=True), table(tmp_path, text))
    assert list(found["test"].attributes["light"]) == ["bright", "dark", "dark"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "example_id,sex\n10,f\n11,m\n12,f\n99,m\n",
            "1 of 4 rows .* name no example of this study, the first example_id '99'",
        ),
        ("example_id,sex\n10,f\n11,m\n11,f\n12,m\n", "has example_id '11' twice"),
        ("example_id,sex\n10,f\n12,m\n", "rows of 2 of the 3 train examples, the first without one is '11'"),
        ("id,sex\n10,f\n", "exactly one of example_id and path"),
        ("example_id,path,sex\n10,a,f\n", "exactly one of example_id and path"),
        ("example_id\n10\n", "has no column but example_id"),
        ("path,sex\ntrain/0.png,f\n", "names examples by path, but the images of this data set have none"),
        ("", "cannot be read as a CSV with a heading"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        with_attributes(splits(), table(tmp_path, text))


def test_numbers_with_many_values_are_no_groups(tmp_path: Path) -> None:
    many = {"train": in_memory(np.zeros((150, 1, 2, 2), np.uint8), np.zeros(150, int), np.arange(150), ("a",))}
    text = "example_id,size\n" + "".join(f"{i},{i / 7}\n" for i in range(150))
    with pytest.raises(
        DataError, match=r"column 'size' of .* has 150 values; allowed: at most 100 groups: cut numbers into bins"
    ):
        with_attributes(many, table(tmp_path, text))


def test_an_attribute_that_the_data_set_has_is_not_replaced(tmp_path: Path) -> None:
    given = splits()
    given["train"] = Split(**{**vars(given["train"]), "attributes": {"sex": np.array(["f", "f", "m"], dtype=object)}})
    with pytest.raises(DataError, match=r"'sex' of .* is an attribute already"):
        with_attributes(given, table(tmp_path, "example_id,sex\n10,f\n11,m\n12,f\n"))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        with_attributes(splits(), tmp_path / "nowhere.csv")
