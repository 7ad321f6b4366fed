"""The modules of PYTHONPATH are none of the command's: one that is called as a library is would stand in its place.

This is imported first, and imports nothing itself but what Python has loaded before.
"""

import os
import sys
import warnings


def forget_foreign_modules() -> None:
    """Take the folders of PYTHONPATH off the search path, but that of this library; turn no warning into an error."""
    library = os.path.realpath(f"{__file__}/../../..")
    given = os.environ.get("PYTHONPATH", "")
    foreign = {os.path.realpath(folder) for folder in given.split(os.pathsep) if folder} - {library}
    sys.path[:] = [folder for folder in sys.path if not folder or os.path.realpath(folder) not in foreign]
    if os.environ.get("PYTHONWARNINGS"):
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
