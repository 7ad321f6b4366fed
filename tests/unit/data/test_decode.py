"""A picture is stored as a viewer shows it: every way to be transparent, turned, deep, coloured or in motion."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from lethe.core.errors import DataError
from lethe.data.decode import MOST_PIXELS, Picture, decode

GROUNDS = {"white": 255, "grey": 128, "black": 0}
INK = (200, 30, 60)


def shown(path: Path, *, size: int = 8, channels: int = 3, ground: str = "white") -> Picture:
    return decode(path, size=size, channels=channels, ground=ground)


def half(mode: str, ink: object, clear: object, size: int = 8) -> Image.Image:
    """Ink in the left half, something else in the right."""
    image = Image.new(mode, (size, size), clear)
    image.paste(ink, (0, 0, size // 2, size))
    return image


def indexed(clear: object) -> tuple[Image.Image, dict]:
    """A palette image: entry 1 is ink, entry 0 is what `clear` makes transparent when it is saved."""
    image = half("P", 1, 0)
    image.putpalette([0, 0, 0, *INK])
    return image, {"transparency": clear}


def raw_png(pixels: np.ndarray, color_type: int, key: tuple[int, ...], depth: int = 16) -> bytes:
    """A PNG of so many bits per channel with one transparent colour; Pillow writes none."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = pixels.shape[:2]
    bits = np.unpackbits(pixels.astype(">u2").reshape(height, -1, 1).view(np.uint8), axis=2)[..., 16 - depth :]
    rows = b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    parts = (b"IHDR", header), (b"tRNS", struct.pack(f">{len(key)}H", *key)), (b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts) + chunk(b"IEND", b"")


def transparent(name: str, folder: Path) -> tuple[Path, tuple[int, int, int]]:
    """A picture whose right half is transparent, and the colour of its left half."""
    grey = (200,) * 3
    whole: dict[str, tuple[Image.Image, dict, tuple[int, int, int]]] = {
        "rgba.png": (half("RGBA", (*INK, 255), (0, 0, 0, 0)), {}, INK),
        "rgba.tif": (half("RGBA", (*INK, 255), (9, 9, 9, 0)), {}, INK),
        "rgba.webp": (half("RGBA", (*INK, 255), (0, 0, 0, 0)), {"lossless": True}, INK),
        "la.png": (half("LA", (200, 255), (0, 0)), {}, grey),
        "palette.png": (*indexed(0), INK),
        "palette_of_alphas.png": (*indexed(b"\0\xff"), INK),
        "palette.gif": (*indexed(0), INK),
        "color.png": (half("RGB", INK, (1, 2, 3)), {"transparency": (1, 2, 3)}, INK),
        "grey.png": (half("L", 200, 7), {"transparency": 7}, grey),
        "bit.png": (half("1", 1, 0), {"transparency": 0}, (255,) * 3),
    }
    path = folder / name
    if name == "deep_grey.png":
        pixels = np.full((8, 8), 200 * 257)
        pixels[:, 4:] = 300
        path.write_bytes(raw_png(pixels, 0, (300,)))
        return path, grey
    if name in ("deep_color.png", "deep_dark_color.png"):
        key = (300, 600, 900) if name == "deep_color.png" else (30, 60, 90)
        pixels = np.full((8, 8, 3), 257) * np.array(INK)
        pixels[:, 4:] = key
        path.write_bytes(raw_png(pixels, 2, key))
        return path, INK
    if name in ("two_bits.png", "four_bits.png"):
        depth = 2 if name == "two_bits.png" else 4
        pixels = np.full((8, 8), 1)
        pixels[:, 4:] = 2
        path.write_bytes(raw_png(pixels, 0, (2,), depth))
        return path, (255 // (2**depth - 1),) * 3
    image, options, ink = whole[name]
    image.save(path, **options)
    return path, ink


WAYS = (
    *("rgba.png", "rgba.tif", "rgba.webp", "la.png", "palette.png", "palette_of_alphas.png", "palette.gif"),
    *("color.png", "grey.png", "bit.png", "deep_grey.png", "deep_color.png"),
    *("deep_dark_color.png", "two_bits.png", "four_bits.png"),
)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", WAYS)
def test_what_is_transparent_shows_the_ground_and_is_remarked(tmp_path: Path, name: str, ground: str) -> None:
    path, ink = transparent(name, tmp_path)
    picture = shown(path, ground=ground)
    assert (picture.pixels[:, :, -1] == GROUNDS[ground]).all()
    assert picture.pixels[:, 0, 0].tolist() == list(ink)
    assert "transparent" in picture.remarks
    grey = shown(path, channels=1, ground=ground)
    assert grey.pixels.shape == (1, 8, 8) and (grey.pixels[:, :, -1] == GROUNDS[ground]).all()


def test_an_alpha_channel_that_hides_nothing_changes_nothing(tmp_path: Path) -> None:
    half("RGBA", (*INK, 255), (1, 2, 3, 255)).save(tmp_path / "opaque.png")
    half("RGB", INK, (1, 2, 3)).save(tmp_path / "plain.png")
    opaque, plain = shown(tmp_path / "opaque.png"), shown(tmp_path / "plain.png")
    np.testing.assert_array_equal(opaque.pixels, plain.pixels)
    assert not opaque.remarks


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright(tmp_path: Path, ending: str, orientation: int) -> None:
    """The stored pixels are turned away from a picture whose corners differ; decoding turns them back."""
    upright = Image.fromarray(np.kron([[250, 170], [90, 10]], np.ones((16, 16))).astype(np.uint8))
    away = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    turned = upright.transpose(away[orientation]) if orientation in away else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    turned.save(tmp_path / f"turned.{ending}", exif=exif)
    found = shown(tmp_path / f"turned.{ending}", size=32, channels=1).pixels[0, ::31, ::31]
    assert np.abs(found.astype(int) - [[250, 170], [90, 10]]).max() < 12


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_turning_is_remarked(tmp_path: Path, ending: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (9, 9)).save(tmp_path / f"turned.{ending}", exif=exif)
    assert shown(tmp_path / f"turned.{ending}").remarks == {"turned"}


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bits_of_colours_are_told_too(tmp_path: Path, channels: int) -> None:
    """Twelve bits stored in sixteen are dark, whether they are grey or in colour."""
    path = tmp_path / "dark.png"
    path.write_bytes(raw_png(np.full((8, 8, channels), 4095), {3: 2, 4: 6}[channels], (0,) * channels))
    assert "deep" in shown(path).remarks


@pytest.mark.parametrize("name", ["deep.png", "deep.tif", "big_endian.tif", "deep.pgm"])
def test_sixteen_bits_are_scaled(tmp_path: Path, name: str) -> None:
    values = np.repeat(np.arange(0, 256, 4, dtype=np.uint16), 64).reshape(64, 64) * 257
    image = Image.fromarray(values)
    (Image.frombytes("I;16B", (64, 64), values.astype(">u2").tobytes()) if "endian" in name else image).save(
        tmp_path / name
    )
    picture = shown(tmp_path / name, size=64)
    np.testing.assert_array_equal(picture.pixels, np.stack([values // 257] * 3))
    assert picture.remarks == {"deep"}


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_without_a_white_are_refused(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (9, 9)).save(tmp_path / "deep.tif")
    with pytest.raises(DataError, match=r"deep.tif has mode .* convert it to 8 or 16 bits"):
        shown(tmp_path / "deep.tif")


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """A profile in which the red primary is sRGB's green one, and the other way round."""
    profile = bytearray(srgb())
    red, green = (profile.index(name) for name in (b"rXYZ", b"gXYZ"))
    profile[red + 4 : red + 12], profile[green + 4 : green + 12] = (
        profile[green + 4 : green + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile)


@pytest.mark.parametrize(
    ("ending", "mode"), [("png", "RGB"), ("png", "RGBA"), ("tif", "RGB"), ("webp", "RGB"), ("png", "P")]
)
def test_an_embedded_profile_is_converted(tmp_path: Path, ending: str, mode: str) -> None:
    image = Image.new("RGB", (9, 9), (255, 0, 0)).convert(mode)
    options = {"lossless": True} if ending == "webp" else {}
    image.save(tmp_path / f"image.{ending}", icc_profile=swapped(), **options)
    picture = shown(tmp_path / f"image.{ending}")
    assert np.abs(picture.pixels[:, 0, 0].astype(int) - [0, 255, 0]).max() <= 2
    assert picture.remarks == {"profile"}


def test_srgbs_own_profile_leaves_every_pixel(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png", icc_profile=srgb())
    picture = shown(tmp_path / "image.png")
    np.testing.assert_array_equal(picture.pixels, pixels.transpose(2, 0, 1))
    assert not picture.remarks


@pytest.mark.parametrize("profile", [b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()])
def test_a_profile_that_does_not_fit_is_told(tmp_path: Path, profile: bytes) -> None:
    Image.new("RGB", (9, 9), INK).save(tmp_path / "image.png", icc_profile=profile)
    picture = shown(tmp_path / "image.png")
    assert picture.pixels[:, 0, 0].tolist() == list(INK)
    assert picture.remarks == {"no profile"}


@pytest.mark.parametrize(("gamma", "level"), [(100_000, 186), (45_455, 128)])
def test_a_stated_gamma_is_that_of_srgb_afterwards(tmp_path: Path, gamma: int, level: int) -> None:
    chunk = PngImagePlugin.PngInfo()
    chunk.add(b"gAMA", struct.pack(">I", gamma))
    Image.new("RGB", (9, 9), (128,) * 3).save(tmp_path / "image.png", pnginfo=chunk)
    picture = shown(tmp_path / "image.png")
    assert picture.pixels[:, 0, 0].tolist() == [level] * 3
    assert picture.remarks == ({"gamma"} if level != 128 else set())


@pytest.mark.parametrize("ending", ["jpg", "tif"])
def test_cmyk_without_ink_is_white_and_told(tmp_path: Path, ending: str) -> None:
    half("CMYK", (0, 0, 0, 255), (0, 0, 0, 0), size=32).save(tmp_path / f"image.{ending}", quality=100)
    picture = shown(tmp_path / f"image.{ending}", size=32)
    assert picture.pixels[:, 0, 0].max() < 10 and picture.pixels[:, 0, -1].min() > 245
    assert picture.remarks == {"cmyk"}


def test_lab_colours_are_those_that_they_name(tmp_path: Path) -> None:
    Image.new("LAB", (9, 9), (255, 128, 128)).save(tmp_path / "white.tif")
    Image.new("LAB", (9, 9), (0, 128, 128)).save(tmp_path / "black.tif")
    assert shown(tmp_path / "white.tif").pixels.min() > 250 and shown(tmp_path / "black.tif").pixels.max() < 5


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "tif"])
def test_of_several_frames_the_first_is_taken_and_told(tmp_path: Path, ending: str) -> None:
    frames = [Image.new("RGB", (9, 9), (level,) * 3) for level in (200, 10, 90)]
    options = {"lossless": True} if ending == "webp" else {}
    frames[0].save(tmp_path / f"image.{ending}", save_all=True, append_images=frames[1:], **options)
    picture = shown(tmp_path / f"image.{ending}")
    assert (picture.pixels == 200).all() and picture.remarks == {"frames"}


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "tif", "gif"])
def test_a_small_file_of_many_pixels_is_refused_before_it_is_unpacked(tmp_path: Path, ending: str) -> None:
    side = int(MOST_PIXELS**0.5) + 1
    options = {"compression": "group4"} if ending == "tif" else {}
    Image.new("1", (side, side)).save(tmp_path / f"bomb.{ending}", **options)
    assert (tmp_path / f"bomb.{ending}").stat().st_size < 200_000
    with pytest.raises(
        DataError, match=r"bomb.* is 8193 x 8193 pixels, more than the 67,108,864 .*; shrink, replace or"
    ):
        shown(tmp_path / f"bomb.{ending}")


def _saved(image: Image.Image, ending: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, ending, **options)
    return buffer.getvalue()


def _formats() -> dict[str, Callable[[], bytes]]:
    """A file of every format, with what hangs on it."""
    pixels = np.random.default_rng(0).integers(0, 256, (24, 30, 3), dtype=np.uint8)
    image, exif = Image.fromarray(pixels), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    more = {"exif": exif, "icc_profile": srgb()}
    several = {"save_all": True, "append_images": [image.rotate(90).convert("P")]}
    return {
        **{ending: lambda ending=ending: _saved(image, ending, **more) for ending in ("JPEG", "PNG", "TIFF", "WEBP")},
        "GIF": lambda: _saved(image.convert("P"), "GIF", **several),
        "BMP": lambda: _saved(image, "BMP"),
        "PPM": lambda: _saved(image, "PPM"),
    }


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ending", _formats())
def test_a_damaged_file_is_named_or_read_and_nothing_else(tmp_path: Path, ending: str) -> None:
    intact, draw, path = _formats()[ending](), random.Random(ending), tmp_path / f"damaged.{ending.lower()}"
    refused = 0
    for _ in range(120):
        content = bytearray(intact)
        for _ in range(draw.choice([1, 4, 16])):
            place = draw.randrange(min(len(content), draw.choice([64, 600, 10**9])))
            content[place : place + draw.choice([0, 1, 1, 30])] = bytes([draw.randrange(256)])
        path.write_bytes(bytes(content[: draw.choice([len(content), draw.randrange(len(content))])]))
        try:
            shown(path)
        except DataError as error:
            refused += 1
            assert str(path) in str(error)
    assert refused
