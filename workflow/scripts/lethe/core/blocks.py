"""A block of seeds as it stands in a path."""


def seeds_of(block: str) -> tuple[int, ...]:
    """Seeds of a block as it stands in a path.

    >>> seeds_of("5-9")
    (5, 6, 7, 8, 9)
    """
    first, last = block.split("-")
    return tuple(range(int(first), int(last) + 1))
