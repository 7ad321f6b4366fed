"""What the measures of difficulty are taken of: the files of a regime's dense networks, read once."""

from lethe.core.errors import PopulationError
from lethe.difficulty.all_kinds import Difficulties, read_inspected
from lethe.difficulty.evidence import examine
from lethe.measures.given import Given

_COLUMNS = ["seed", "example_id", "label", "prediction", "confidence", "margin", "loss", "logits"]


def read_difficulties(given: Given) -> Difficulties:
    """Everything that is known of a regime's dense networks on one split.

    Raises: PopulationError: files are not of the same networks and images.
    """
    records = given.records()["predictions"]
    if not records:
        raise PopulationError("no predictions of dense networks are given; add predictions=PATH")
    tables = given.tables("predictions", _COLUMNS)
    if not all("logits" in table for table in tables):  # many classes: predictions of a study may leave them out
        tables = [table.drop(columns="logits", errors="ignore") for table in tables]
    examined = examine(
        tables,
        given.arrays("trajectories"),
        split=given.split,
        num_classes=int(records[0]["classes"]),
        parts=given.parts(),
    )
    return Difficulties(examined, read_inspected(given.tables("inspection"), examined))
