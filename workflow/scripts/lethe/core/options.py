"""Options of a plug-in that has none."""

from pydantic import BaseModel, ConfigDict


class NoOptions(BaseModel):
    """Every key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
