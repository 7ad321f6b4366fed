"""One picture as its file shows it: upright, in sRGB, on a stated ground, at eight bits per channel.

What a viewer does is done: the EXIF orientation is applied, transparency (an alpha channel, a transparent colour, a
palette with transparent entries) is composed on a ground, an embedded colour profile or a PNG's gamma is converted to
sRGB, sixteen bits are scaled. What had to be done, and what could not be, is remarked, so that it can be told.
"""

import io
import struct
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from jaxtyping import UInt8

from lethe.core.errors import DataError

if TYPE_CHECKING:
    from PIL import Image, ImageCms

Ground = Literal["white", "grey", "black"]
# A picture of so many pixels takes up to a gigabyte while it is converted and composed; large ones take turns.
MOST_PIXELS: Final = 2**26
_LARGE = 2**23
_ALONE = Lock()
_LEVELS: Final[dict[Ground, int]] = {"white": 255, "grey": 128, "black": 0}
_SRGB_GAMMA = 1 / 2.2
# A profile that moves no colour by more than this is sRGB's own, whatever it is called; its pixels stay as they are.
_SAME_COLOR = 2
# Modes that hold what another mode holds, stored otherwise.
_PLAIN: Final = {
    **dict.fromkeys(("P", "RGBX", "YCbCr", "HSV"), "RGB"),
    **dict.fromkeys(("PA", "RGBa"), "RGBA"),
    "1": "L",
    "La": "LA",
}
# The white of greys of fewer than eight bits, as files hold them.
_LEVELS_OF_GREY: Final = {"L;2": 3, "L;4": 15}

# What Pillow raises on files that are damaged; found by trying damaged files of every format.
_DAMAGED: Final = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(RuntimeError, MemoryError, struct.error),
)

# What is remarked, and the sentence that tells it.
REMARKS: Final = {
    "transparent": "transparency, which was composed on a {ground} ground (dataset.options.ground)",
    "turned": "an EXIF orientation and were turned upright",
    "unturned": "EXIF data that cannot be read, so that they may not be upright",
    "frames": "several frames or pages, of which the first was taken",
    "deep": "16 bits per channel, where 65535 became 255; rescale them if they are too dark then",
    "profile": "a colour profile and were converted to sRGB",
    "no profile": "a colour profile that cannot be applied; their colours were taken as they are",
    "gamma": "a gamma that is not that of sRGB and were converted",
    "cmyk": "CMYK colours without a profile; they were converted by a plain formula",
}


@dataclass(frozen=True)
class Picture:
    """The pixels of one file, and what had to be done to show them, by the keys of REMARKS."""

    pixels: UInt8[np.ndarray, "channels height width"]
    remarks: frozenset[str]


def decode(path: Path, *, size: int, channels: int, ground: Ground) -> Picture:
    """One picture, its shorter side resized to `size` (bilinear, antialiased), its centre cut out square.

    Raises: DataError: not an image, truncated, too large, or with numbers that have no stated white.
    """
    from PIL import Image, ImageCms

    Image.MAX_IMAGE_PIXELS = None  # larger pictures are refused here, before a pixel of them is decoded
    remarks: set[str] = set()
    try:
        with Image.open(path) as image:
            _check_size(path, image)
            with _ALONE if image.width * image.height > _LARGE else nullcontext():
                fitted = _fitted(path, image, size=size, channels=channels, level=_LEVELS[ground], remarks=remarks)
    except (*_DAMAGED, ImageCms.PyCMSError) as error:
        raise DataError(f"{path} is not a readable image ({error}); replace or remove it") from error
    pixels = fitted.reshape(size, size, -1).transpose(2, 0, 1)
    return Picture(np.repeat(pixels, channels // len(pixels), axis=0), frozenset(remarks))


def _fitted(
    path: Path, image: "Image.Image", *, size: int, channels: int, level: int, remarks: set[str]
) -> UInt8[np.ndarray, "..."]:
    """The pixels of an opened picture, its ground as bright as `level`; a grey one has no axis of channels."""
    from PIL import Image, ImageOps

    if getattr(image, "is_animated", False):
        remarks.add("frames")
    stored = _stored_as(image)
    if ";16" in stored:
        remarks.add("deep")
    _turn_upright(image, remarks)
    colors, alpha = _plain(path, image, stored, remarks)
    colors = _in_srgb(colors, image.info, remarks)
    if channels == 1 and colors.mode != "L":
        colors = colors.convert("L")
    if alpha is not None and (np.asarray(alpha) < 255).any():
        remarks.add("transparent")
        below = Image.new(colors.mode, colors.size, level if colors.mode == "L" else (level,) * 3)
        colors = Image.composite(colors, below, alpha)
    # Resizing the shorter side and cropping the centre is what `fit` does, in one pass.
    return np.asarray(ImageOps.fit(colors, (size, size), Image.Resampling.BILINEAR))


def _check_size(path: Path, image: "Image.Image") -> None:
    """Refuse a picture that would take gigabytes; a small file can unpack to a thousand times its size."""
    if image.width * image.height > MOST_PIXELS:
        raise DataError(
            f"{path} is {image.width} x {image.height} pixels, more than the {MOST_PIXELS:,} that are allowed; shrink, "
            "replace or remove it"
        )


def _stored_as(image: "Image.Image") -> str:
    """How the file itself holds its numbers, in Pillow's words ("RGB;16B", "L;2"); empty where it does not say."""
    tiles = getattr(image, "tile", None)
    args = tiles[0].args if tiles else ""
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _turn_upright(image: "Image.Image", remarks: set[str]) -> None:
    """Decode, and apply the EXIF orientation; what cannot be read is remarked: viewers show such a file as it is."""
    from PIL import ExifTags, ImageOps

    try:
        # Asked before the pixels are decoded, because a TIFF turns itself then and forgets that it was turned.
        if image.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9):
            remarks.add("turned")
    except _DAMAGED:
        remarks.add("unturned")
    image.load()
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except _DAMAGED:
        remarks.discard("turned")
        remarks.add("unturned")


def _plain(
    path: Path, image: "Image.Image", stored: str, remarks: set[str]
) -> tuple["Image.Image", "Image.Image | None"]:
    """Colours in mode L, RGB, CMYK or LAB, and the alpha channel of a picture that has one."""
    if image.mode[0] in "IF":
        remarks.add("deep")
        return _scaled(path, image)
    mode = _PLAIN.get(image.mode, image.mode)
    if image.has_transparency_data and mode in ("L", "RGB"):
        mode = "LA" if mode == "L" else "RGBA"
    plain = _with_alpha(image, mode, stored)
    if mode in ("LA", "RGBA"):
        return plain.convert(mode.removesuffix("A")), plain.getchannel("A")
    return plain, None


def _with_alpha(image: "Image.Image", mode: str, stored: str) -> "Image.Image":
    """The picture in a plain mode; a transparent colour is in the file's own numbers, the pixels are in eight bits."""
    key = image.info.get("transparency")
    if stored.endswith((";16B", ";16L")) and isinstance(key, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in key)
    elif stored in _LEVELS_OF_GREY and isinstance(key, int):
        image.info["transparency"] = key * 255 // _LEVELS_OF_GREY[stored]
    if image.mode == "La":
        return image.convert("LA")
    return image if image.mode == mode else image.convert(mode)


def _scaled(path: Path, image: "Image.Image") -> tuple["Image.Image", "Image.Image | None"]:
    """Sixteen bits as eight; other numbers have no stated white, and Pillow would clip them at 255."""
    from PIL import Image

    if not (image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM"))):
        raise DataError(f"{path} has mode {image.mode}, numbers without a stated white; convert it to 8 or 16 bits")
    values = np.asarray(image).astype(np.uint32)
    colors = Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
    key = image.info.get("transparency")
    alpha = None if key is None else Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8))
    return colors, alpha


def _in_srgb(colors: "Image.Image", info: Mapping[Any, Any], remarks: set[str]) -> "Image.Image":
    """Colours as sRGB shows them, in mode L or RGB."""
    from PIL import ImageCms

    profile = info.get("icc_profile")
    if profile and colors.mode != "LAB":
        transform = _transform(profile, colors.mode)
        remarks.update({"same": (), "none": ("no profile",)}.get(str(transform), ("profile",)))
        if not isinstance(transform, str):
            return ImageCms.applyTransform(colors, transform) or colors
    elif colors.mode in ("L", "RGB") and "srgb" not in info:
        colors = _without_gamma(colors, info.get("gamma"), remarks)
    if colors.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(colors, lab, srgb, outputMode="RGB") or colors
    if colors.mode == "CMYK":
        if not profile:
            remarks.add("cmyk")
        return colors.convert("RGB")
    return colors


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> "ImageCms.ImageCmsTransform | Literal['same', 'none']":
    """How a profile's colours become sRGB: "same" where they are, "none" where the profile does not fit the mode."""
    from PIL import ImageCms

    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), mode, "RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return "none"
    if mode == "CMYK":
        return transform
    lattice = _lattice(mode)
    moved = np.asarray(ImageCms.applyTransform(lattice, transform)).astype(int)
    return "same" if np.abs(moved - np.asarray(lattice.convert("RGB"))).max() <= _SAME_COLOR else transform


def _lattice(mode: str) -> "Image.Image":
    """Every grey, or nine levels of each colour."""
    from PIL import Image

    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3))


def _without_gamma(colors: "Image.Image", gamma: float | None, remarks: set[str]) -> "Image.Image":
    """A PNG whose stated gamma is not that of sRGB, as viewers show it."""
    if not gamma or abs(gamma / _SRGB_GAMMA - 1) < 0.05:
        return colors
    remarks.add("gamma")
    table = np.rint(255 * (np.arange(256) / 255) ** (_SRGB_GAMMA / gamma)).astype(int).tolist()
    return colors.point(table * len(colors.getbands()))
