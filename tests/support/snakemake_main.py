"""What `python -m snakemake` is, as a script that a warm server can run; a check that it starts is warm as well."""

import os
import sys

from snakemake.cli import main

if __name__ == "__main__":
    # As in support.shared, which this process cannot import.
    sys.executable = os.environ.pop("LETHE_TESTS_PYTHON", sys.executable)
    sys.exit(main())
