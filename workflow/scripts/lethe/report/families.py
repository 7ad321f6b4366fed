"""Which methods are controls, whose control they are, and how a method is named and drawn in every panel.

A method that a study configures once for each treatment is one family: `fold_raw` and `fold`, both of the plug-in
`fold`, are drawn alike in the panels of their treatments.
"""

from typing import Any

import pandas as pd

from lethe.report import style

SMALL_DENSE = "small_dense"
# Methods that choose at random, and networks that were small from the start.
CONTROLS = ("random", "channel_random", "fold_random", SMALL_DENSE)


def own_control(plugin: str, level_kind: str) -> str:
    """The plug-in that does the same as a method but chooses at random; empty for controls and for bits.

    >>> own_control("fold", "channel_sparsity"), own_control("magnitude_global", "sparsity")
    ('fold_random', 'random')
    """
    if plugin in CONTROLS or level_kind == "bits":
        return ""
    if level_kind == "sparsity":
        return "random"
    # Of the methods that act on channels those named channel_* remove them, the others merge them.
    return "channel_random" if plugin.startswith("channel_") else "fold_random"


def family_names(table: pd.DataFrame) -> pd.Series:
    """A name a row: the plug-in's, or the method's where two methods of a plug-in have the same treatment."""
    methods = table.groupby(["plugin", "treatment"])["method"].transform("nunique")
    shared = methods.groupby(table["plugin"]).transform("max") > 1
    return table["plugin"].where(~shared, table["method"]).rename("family")


def looks(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How each family of a table is drawn, methods first and controls last, in order of appearance."""
    families = table.assign(family=family_names(table)).drop_duplicates("family")
    is_control = families["plugin"].isin(CONTROLS)
    methods = {str(name): style.look(number) for number, name in enumerate(families.loc[~is_control, "family"])}
    return methods | _control_looks(families[is_control])


def _control_looks(controls: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """A control looks the same whichever others a study has; a second one of its plug-in comes after all."""
    found: dict[str, dict[str, Any]] = {}
    again = controls["plugin"].duplicated()
    for name, plugin, is_again in zip(controls["family"], controls["plugin"], again, strict=True):
        number = len(CONTROLS) + len(found) if is_again else CONTROLS.index(plugin)
        found[str(name)] = style.control_look(number)
    return found
