"""Check a bill of materials against the schema of CycloneDX 1.6, by the library of those who keep the format.

`make sbom` starts this file as a program, in an environment of its own that has cyclonedx-python-lib and nothing of
Lethe:

    python -P check_bill.py FILE
"""

import sys
from pathlib import Path


def main(file: Path) -> None:
    """Exit with a sentence if a file is no such bill."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    mistake = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read_text(encoding="utf-8"))
    if mistake is not None:
        sys.exit(f"error: {file} is no bill of CycloneDX 1.6: {str(mistake).partition(chr(10))[0]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
