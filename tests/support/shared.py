"""What the processes of one test session share; imports nothing of the library."""

# The variable that names a folder of what checks of studies found: each takes seconds, and many are of one study.
SHARED_CHECKS = "LETHE_TESTS_CHECKED"
# The variable that names what a dry run starts its check with.
PYTHON_OF_CHECKS = "LETHE_TESTS_PYTHON"
