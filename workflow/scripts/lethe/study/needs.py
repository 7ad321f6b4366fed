"""Which files a measure is given: its needs, resolved for one block, cell, regime or for the study."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from lethe.core import registry
from lethe.core.splits import is_corrupted
from lethe.study import paths
from lethe.study.grid import Cell, Grid
from lethe.study.results import Result, result

Wildcards = Mapping[str, str]
Words = Sequence[str]
_CELL = "{regime}/{method}/{level}"


@dataclass(frozen=True)
class Files:
    """Files by a pattern and the words that fill each of its fields; none where a field has no word.

    >>> Files("{cell}/seeds{block}.parquet", {"cell": ["a/dense/0"], "block": ["0-1", "2-3"]}).paths
    ['a/dense/0/seeds0-1.parquet', 'a/dense/0/seeds2-3.parquet']
    """

    pattern: str
    fill: Mapping[str, Words] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """Every file, the field that stands first changing slowest."""
        return [
            self.pattern.format(**dict(zip(self.fill, words, strict=True))) for words in product(*self.fill.values())
        ]

    @property
    def word(self) -> str:
        """The files as one word that bash expands: a command may be no longer than 128 KiB, their list is."""
        if not all(self.fill.values()):
            return ""
        fill = {name: "{" + ",".join(words) + "}" if len(words) > 1 else words[0] for name, words in self.fill.items()}
        return self.pattern.format(**fill)


def needed_files(name: str, grid: Grid, given: Wildcards) -> dict[str, Files]:
    """The files of every need of a measure that is met with files.

    Args: given: what the measure's own file is of: regime, method, level, block, split as far as its path has them.
    """
    needs = registry.literal(registry.MEASURES, name, "needs")
    scope = _Scope.of_file(name, grid, given)
    return {need: scope.files(need) for need in needs if need != "model"}


def own_files(form: Result, grid: Grid, splits: Words | None = None) -> Files:
    """The files of a result that a study asks for, on all splits it is taken on or on some of them."""
    return _filled(grid, form, measured_cells(form, grid), grid.blocks, grid.splits if splits is None else splits)


def measured_cells(form: Result, grid: Grid) -> list[Cell]:
    """Cells of which a result has files."""
    cells = [cell for cell in grid.cells if form.cells == "all" or cell.is_dense == (form.cells == "dense")]
    return cells + grid.treated_cells if form.treated else cells


@dataclass(frozen=True)
class _Scope:
    """What one file of a measure is of: cells, blocks of seeds, and a split if it is of one."""

    grid: Grid
    cells: list[Cell]
    blocks: Words
    split: str

    @classmethod
    def of_file(cls, name: str, grid: Grid, given: Wildcards) -> "_Scope":
        form = result(name)
        if "method" in given:
            cells = [Cell(given["regime"], given["method"], given["level"])]
        else:
            cells = [cell for cell in measured_cells(form, grid) if given.get("regime", cell.regime) == cell.regime]
        is_first = registry.literal(registry.MEASURES, name, "blocks", default="all") == "first"
        blocks = [given["block"]] if "block" in given else grid.blocks[:1] if is_first else grid.blocks
        return cls(grid, cells, blocks, given.get("split", ""))

    def files(self, need: str) -> Files:
        """What one need is met with."""
        return _NEEDS[need](self) if need in _NEEDS else self._of_result(need)

    @property
    def regimes(self) -> list[str]:
        """Regimes of the cells."""
        return list(dict.fromkeys(cell.regime for cell in self.cells))

    def images(self, split: str) -> Files:
        """Images of a split and what is known of them."""
        return Files(self.grid.named(paths.IMAGES_AND_EXAMPLES), {"split": [split], "ending": [".npy", ".parquet"]})

    def of_dense(self, pattern: str, *, are_there: bool = True) -> Files:
        """What is kept of the training of dense networks, if the study keeps it."""
        return Files(self.grid.named(pattern), {"regime": self.regimes, "block": self.blocks if are_there else []})

    def of_seeds(self, pattern: str, *, are_there: bool) -> Files:
        """What is drawn for each seed, if the study draws it."""
        return Files(self.grid.named(pattern), {"block": self.blocks if are_there else []})

    def attributes(self) -> Files:
        """Attributes of the examples of the split; a corrupted copy has those of the test images."""
        base = "test" if is_corrupted(self.split) else self.split
        return Files(self.grid.named(paths.ATTRIBUTES), {"split": [base] if self.grid.has_attributes and base else []})

    def twins(self) -> Files:
        """Second dense networks, of those blocks that have some."""
        there = [block for block in self.blocks if self.grid.twins_of(block)]
        return Files(self.grid.named(paths.TWIN), {"regime": self.regimes, "twin": self.grid.twins, "block": there})

    def checkpoints(self, cells: Sequence[Cell]) -> Files:
        """Networks of these cells."""
        pattern = self.grid.named(paths.CHECKPOINT).replace(_CELL, "{cell}")
        return Files(pattern, {"cell": [str(cell) for cell in cells], "block": self.blocks})

    def _of_result(self, need: str) -> Files:
        """Another result of the same cells, or of their dense ones; on the same split, or on those asked for."""
        whose, _, rest = need.rpartition("/")
        wanted, _, which = rest.partition(":")
        other, cells = result(wanted), self.cells
        if whose == "dense":
            cells = [Cell.dense(regime) for regime in self.regimes]
        elif whose == "reference":
            cells = [self.grid.reference(cell) for cell in self.cells]
        splits = [self.split] if self.split and not which else self.grid.splits
        if which:
            splits = [split for split in self.grid.splits if is_corrupted(split) == (which == "corrupted")]
        known = measured_cells(other, self.grid)
        return _filled(self.grid, other, [cell for cell in cells if cell in known], self.blocks, splits)


_NEEDS: Mapping[str, Callable[[_Scope], Files]] = {
    "train": lambda scope: scope.images("train"),
    "test": lambda scope: scope.images("test"),
    "split": lambda scope: scope.images(scope.split),
    "attributes": _Scope.attributes,
    "checkpoint": lambda scope: scope.checkpoints(scope.cells),
    "dense": lambda scope: scope.checkpoints([Cell.dense(regime) for regime in scope.regimes]),
    "twins": _Scope.twins,
    "trajectories": lambda scope: scope.of_dense(paths.TRAJECTORIES),
    "snapshots": lambda scope: scope.of_dense(paths.SNAPSHOTS, are_there=scope.grid.keeps_snapshots),
    "parts": lambda scope: scope.of_seeds(paths.PARTS, are_there=scope.grid.study.seeds.share is not None),
    "labelled": lambda scope: scope.of_seeds(
        paths.LABELLED, are_there=any(scope.grid.needs_labelled(regime) for regime in scope.regimes)
    ),
}


def _filled(grid: Grid, form: Result, cells: Sequence[Cell], blocks: Words, splits: Words) -> Files:
    """A result's pattern, and the cells (or regimes), splits and blocks that it names, of the splits it is taken on."""
    pattern = f"{grid.named(paths.STUDY)}/{form.path}".replace(_CELL, "{cell}")
    regimes = list(dict.fromkeys(cell.regime for cell in cells))
    taken = [split for split in splits if form.splits == "all" or not is_corrupted(split)]
    words = {"cell": [str(cell) for cell in cells], "regime": regimes, "split": taken, "block": blocks}
    return Files(pattern, {name: given for name, given in words.items() if f"{{{name}}}" in pattern})
