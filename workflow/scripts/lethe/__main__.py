"""`python -m lethe` is the command `lethe`, for a Python that has the library on its path but did not install it."""

from lethe.run.app import main

main()
