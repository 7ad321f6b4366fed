"""The warm server of the tests: it has imported Snakemake too, so that dry runs start at once.

Its arguments are those of warm_server.py.
"""

import socket
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow/scripts"

if __name__ == "__main__":
    sys.path[0] = str(SCRIPTS / "lethe/run")
    import warm_server

    # Children run the scripts of their own workspaces, not those of this repository.
    sys.path[:] = [folder for folder in sys.path[1:] if folder != str(SCRIPTS)]
    warm_server.PACKAGES += ("snakemake.cli", "snakemake.report.html_reporter")
    warm_server.main(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
