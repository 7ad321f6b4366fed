"""What disks, copies and people do to a file: bytes in, other bytes out, the same for the same generator."""

import random
from collections.abc import Callable, Mapping

PAGE = 4096
Damage = Callable[[bytes, random.Random], bytes]


def flip_bit(content: bytes, draw: random.Random) -> bytes:
    """One bit anywhere."""
    at = draw.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << draw.randrange(8)]) + content[at + 1 :]


def flip_bytes(content: bytes, draw: random.Random) -> bytes:
    """Up to fifty bytes, near each other or not."""
    changed = bytearray(content)
    for at in (draw.randrange(len(content)) for _ in range(draw.randint(2, 50))):
        changed[at] = draw.randrange(256)
    return bytes(changed)


def cut(content: bytes, draw: random.Random) -> bytes:
    """The end is missing."""
    return content[: draw.randrange(len(content))]


def behead(content: bytes, draw: random.Random) -> bytes:
    """The beginning is missing."""
    return content[draw.randrange(1, len(content) + 1) :]


def empty(content: bytes, draw: random.Random) -> bytes:
    """Nothing is left, as after a power loss before the data reached the disk."""
    return b""


def extend(content: bytes, draw: random.Random) -> bytes:
    """Zeros, anything, or a part of the file follow it."""
    count = draw.choice((1, 7, 100, PAGE))
    return content + draw.choice((bytes(count), draw.randbytes(count), content[-count:]))


def swap_ranges(content: bytes, draw: random.Random) -> bytes:
    """Two ranges in each other's place."""
    length = draw.randint(1, max(1, len(content) // 3))
    first = draw.randrange(max(1, len(content) - 2 * length + 1))
    second = draw.randrange(first + length, max(first + length + 1, len(content) - length + 1))
    between = content[first + length : second]
    return (
        content[:first]
        + content[second : second + length]
        + between
        + content[first : first + length]
        + content[second + length :]
    )


def zero_page(content: bytes, draw: random.Random) -> bytes:
    """A page of zeros: what a file system gives for a block that it lost."""
    start = draw.randrange(0, len(content), PAGE) if len(content) > PAGE else 0
    end = min(start + PAGE, len(content))
    return content[:start] + bytes(end - start) + content[end:]


def noise(content: bytes, draw: random.Random) -> bytes:
    """A file of the same size that has nothing to do with it."""
    return draw.randbytes(len(content))


DAMAGES: Mapping[str, Damage] = {
    "one bit": flip_bit,
    "some bytes": flip_bytes,
    "end cut off": cut,
    "beginning cut off": behead,
    "emptied": empty,
    "extended": extend,
    "ranges swapped": swap_ranges,
    "a page of zeros": zero_page,
    "noise of the same size": noise,
}


def damaged(content: bytes, draw: random.Random, damage: Damage) -> bytes:
    """Other bytes than before; where the damage happens to change nothing, one bit."""
    found = damage(content, draw)
    return flip_bit(content, draw) if found == content else found
