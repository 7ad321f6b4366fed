"""Files that decide a study's results though its config only names them: images, weights, attributes.

For every part of a config that names files (`dataset`, `model`, `regimes.simclr`, ...) there is one small state file
with a digest of their content, an input of the rules that read them. It is written when the content has changed, so
that Snakemake runs again what depends on it; its time is that of the change, or one before all results where nothing is
to be made anew. Beside it lie indexes that keep a look at the files cheap (`store.fingerprints`): what was read, and
what was seen last.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from lethe.core.errors import DataError, SchemaError
from lethe.core.options import expanded
from lethe.data.inputs import dataset_files, index_read, index_seen, known_before, write_state
from lethe.store.fingerprints import Fingerprints, fingerprints, read_index, write_index
from lethe.store.records import JOB
from lethe.store.seal import read_sealed
from lethe.store.tables import read_record
from lethe.study import paths
from lethe.study.config import Study
from lethe.study.results import result
from lethe.study.state_file import SHA256, STANDS_FOR, named_digest, read_state

DECIDES_NO_RESULT = "whether inputs changed, not what is made of them"

DATASET = "dataset"
# Parts of a config, and the files that each of them names in its options.
Named = Mapping[str, Sequence[Path]]

_WAY_OUT = "`lethe accept` keeps the results as they are"


@dataclass(frozen=True)
class Part:
    """One part of a study's config that names files.

    Attributes: root: a folder that may be moved without a change of its content.
    """

    study: Study
    name: str
    named: Sequence[Path]
    root: Path | None = None

    @property
    def state_file(self) -> Path:
        """What Snakemake sees of the files."""
        return Path(paths.INPUTS.format(study=self.study.study, part=self.name))

    @property
    def title(self) -> str:
        """The files in a sentence."""
        if self.name == DATASET:
            return f"the images below {self.root}" if self.root else f"the files of {self.study.dataset.name}"
        return f"{', '.join(map(str, self.named))} ({self.name})"

    def files(self) -> list[Path]:
        """The files as they are now.

        Raises: DataError, OSError: the data set's folder is not as it should be, or a file is not there.
        """
        if self.name != DATASET:
            return list(self.named)
        asked = self.study.dataset
        attributes = None if asked.attributes is None else expanded(asked.attributes)
        return dataset_files(asked.name, asked.options, self.root, asked.planted, attributes)


def parts_of(study: Study, named: Named) -> list[Part]:
    """The data set first, then every other part that names files."""
    root = expanded(study.dataset.root) if study.dataset.root else None
    others = [Part(study, name, files) for name, files in named.items() if name != DATASET and files]
    return [Part(study, DATASET, named.get(DATASET, ()), root), *others]


def watch(study: Study, named: Named) -> list[str]:
    """Look at all files, and let Snakemake see what changed; returns a sentence for every part that did."""
    return [sentence for part in parts_of(study, named) for sentence in _watched(part)]


def changes(study: Study, named: Named) -> list[str]:
    """The same sentences, with nothing written."""
    return [sentence for part in parts_of(study, named) for sentence in _Look.at(part).sentences()]


def accept(study: Study, named: Named) -> list[str]:
    """Take all files as they are now for those that results were made from; returns what was accepted."""
    accepted = []
    for part in parts_of(study, named):
        look = _Look.at(part)
        if look.now is None or not look.is_pending:
            continue
        look.remember()
        stands_for = look.recorded or _made_with(part) or named_digest(part.state_file)
        accepted_now = {SHA256: look.now.sha256, "accepted": True, STANDS_FOR: stands_for}
        write_state(part.state_file, accepted_now, is_news=False)
        accepted.append(part.title)
    return accepted


def forget(study: Study, named: Named) -> None:
    """Let the next look read every file, whatever its size and times say."""
    for part in parts_of(study, named):
        for index in (index_seen(part.state_file), index_read(part.state_file)):
            known = read_index(index)
            if known is not None:
                write_index(index, Fingerprints(known.names, known.stats * 0 - 1, known.digests))


@dataclass(frozen=True)
class _Look:
    """One look at the files of a part.

    Attributes:
        state: what its state file says.
        recorded: digest of the images that were read, as their record has it; None for other parts.
        known: what was seen or read before.
        now: what is there; None where nothing was read yet, or nothing can be said.
        problem: why nothing can be said.
    """

    part: Part
    state: Mapping[str, object]
    recorded: str | None
    known: Fingerprints | None
    now: Fingerprints | None
    problem: str = ""

    @classmethod
    def at(cls, part: Part) -> "_Look":
        """A look at the files as they are now; none where nothing was read yet that they could differ from."""
        file = part.state_file
        state, known = read_state(file), known_before(file)
        recorded = _recorded(part) if part.name == DATASET else None
        if part.name == DATASET and known is None and recorded is None:
            return cls(part, state, recorded, known, None)
        try:
            files = part.files()
            if not files and known is not None and known.names:
                raise DataError("none of them is there")
            now = fingerprints(files, below=part.root, known=known)
        except (DataError, OSError, ValidationError) as error:
            was_made = recorded is not None or (part.name != DATASET and bool(state))
            return cls(part, state, recorded, known, None, str(error) if was_made else "")
        return cls(part, state, recorded, known, now)

    @property
    def is_pending(self) -> bool:
        """Whether results were made from other files, and nobody has accepted these."""
        if self.now is None:
            return False
        is_same = self.state.get("sha256") == self.now.sha256
        if self.part.name == DATASET:
            is_accepted = is_same and bool(self.state.get("accepted"))
            return self.recorded is not None and self.recorded != self.now.sha256 and not is_accepted
        if not self.state:
            return False
        return not is_same or _is_older_than(self.part.state_file, _made_from(self.part))

    def sentences(self) -> list[str]:
        """What a person should know: that files differ, or that nobody can tell."""
        title = self.part.title
        if self.problem:
            return [f"whether {title} are still those that were read is not known: {self.problem}; results are kept"]
        if not self.is_pending or self.now is None:
            return []
        earlier = read_index(index_read(self.part.state_file)) or self.known
        what = "" if earlier is None or earlier.digests == self.now.digests else f" ({self.now.differences(earlier)})"
        return [f"{title} differ from those that were read{what}; what depends on them runs again; {_WAY_OUT}"]

    def remember(self) -> None:
        """Keep the index of this look, so that the next one is cheap."""
        if self.now is not None and self.now is not self.known:
            write_index(index_seen(self.part.state_file), self.now)


def _watched(part: Part) -> list[str]:
    """Bring a part's state up to date with its files."""
    look, file = _Look.at(part), part.state_file
    if look.now is None:
        is_lost = bool(look.problem) and part.name == DATASET and not look.state.get("accepted")
        if not look.state or is_lost:
            # Of images that cannot be looked at no news counts, nor is any forgotten: the next look writes its own.
            write_state(file, {"sha256": ""}, is_news=False)
        return look.sentences()
    look.remember()
    sentences = look.sentences()
    if part.name != DATASET and not look.is_pending:
        write_index(index_read(file), look.now)  # who reads such files tells nobody
    if look.state.get(SHA256) != look.now.sha256:
        write_state(file, {SHA256: look.now.sha256}, is_news=look.is_pending)
    return sentences


def _made_from(part: Part) -> list[Path]:
    """Files of results that are made from a part's files, as far as they are there."""
    kind, _, name = part.name.partition(".")
    words = dict.fromkeys(("regime", "method", "level", "block", "split"), "*")
    if kind == "measures":
        return list(Path().glob(f"{paths.STUDY}/{result(name).path}".format(study=part.study.study, **words)))
    named = {"regimes": {"regime": name}, "compression": {"method": name}}.get(kind, {})
    return list(Path().glob(paths.CHECKPOINT.format(**{"study": part.study.study, **words, **named})))


def _made_with(part: Part) -> str | None:
    """What results say that they were made with of a part's files; None where there is no result."""
    for file in _made_from(part):
        with suppress(SchemaError, OSError, ValueError):
            job = json.loads(read_sealed(file).record).get(JOB, {})
            if found := job.get("read", {}).get(part.state_file.as_posix()):
                return str(found)
    return None


def _is_older_than(state: Path, results: Sequence[Path]) -> bool:
    """Whether some result was made before a state's news."""
    news = state.stat().st_mtime
    return any(file.stat().st_mtime < news for file in results)


def _recorded(part: Part) -> str | None:
    """Digest of the files from which the study's images were made; None where there are none, or older ones."""
    try:
        record = read_record(Path(paths.EXAMPLES.format(study=part.study.study, split="train")))
    except (SchemaError, OSError):
        return None
    files = record.get("files")
    return files["sha256"] if files else None
