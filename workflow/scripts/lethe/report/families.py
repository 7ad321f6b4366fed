"""How a method is named and drawn in every panel; controls are told apart from what they are compared with.

A method that a study configures once for each treatment is one family: `fold_raw` and `fold`, both of the plug-in
`fold`, are drawn alike in the panels of their treatments.
"""

from typing import Any

import pandas as pd

from lethe.compare.traits import CAPACITY_CONTROL, is_control
from lethe.report import style

# Where a random control stands among the looks of controls; networks that were small from the start come last.
_ACTS_ON = ("weights", "channels", "clusters")


def family_names(table: pd.DataFrame) -> pd.Series:
    """A name a row: the plug-in's, or the method's where two methods of a plug-in have the same treatment."""
    methods = table.groupby(["plugin", "treatment"])["method"].transform("nunique")
    shared = methods.groupby(table["plugin"]).transform("max") > 1
    return table["plugin"].where(~shared, table["method"]).rename("family")


def looks(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How each family of a table is drawn, methods first and controls last, in order of appearance."""
    families = table.assign(family=family_names(table)).drop_duplicates("family")
    controls = is_control(families)
    methods = {str(name): style.look(number) for number, name in enumerate(families.loc[~controls, "family"])}
    return methods | _control_looks(families[controls])


def _control_looks(controls: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """A control looks the same whichever others a study has; a second one of its plug-in comes after all."""
    found: dict[str, dict[str, Any]] = {}
    again = controls["plugin"].duplicated()
    for control, is_again in zip(controls.itertuples(), again, strict=True):
        of_capacity = control.role == CAPACITY_CONTROL
        number = len(_ACTS_ON) if of_capacity else _ACTS_ON.index(str(control.acts_on))
        found[str(control.family)] = style.control_look(len(_ACTS_ON) + 1 + len(found) if is_again else number)
    return found
