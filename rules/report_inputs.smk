# Which tables and figures this study has, and the files that each is built from.
from lethe.report import contents

TABLES = contents.tables_of(grid)
FIGURES = contents.figures_of(grid)
EXAMPLES = contents.examples_of(grid)
PAGE_FILES = contents.page_files()


wildcard_constraints:
    table="|".join(TABLES),
    figure="|".join(FIGURES),


def cells_of(table):
    """Per-cell files that a table of the report is built from."""
    return contents.cells_of(grid, table)


def kinds_of(table):
    """Patterns of those files, each with the cells and splits that it takes."""
    return contents.kinds_of(table)


def shows_images(figure):
    """Arguments that give a figure the pixels it shows; none for most figures."""
    return [f"--images {path}" for path in contents.images_for(grid, figure)]
