"""State files: what a study has read that is no file of its own, by the digest of its content (see `paths.INPUTS`)."""

from pathlib import Path

from lethe.store.notes import read_note

DECIDES_NO_RESULT = "whether inputs changed, not what is made of them"

# Of the content as it is now, and of what results were made from if other content was accepted.
SHA256, STANDS_FOR = "sha256", "stands_for"


def read_state(file: Path) -> dict[str, object]:
    """What a state file says; nothing where there is none that can be read."""
    return read_note(file) or {}


def named_digest(file: Path) -> str:
    """The digest of the content that results are made from; empty where nothing is known of it yet."""
    state = read_state(file)
    return str(state.get(STANDS_FOR) or state.get(SHA256) or "")
