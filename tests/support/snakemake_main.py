"""What `python -m snakemake` is, as a script that a warm server can run."""

import sys

from snakemake.cli import main

if __name__ == "__main__":
    sys.exit(main())
