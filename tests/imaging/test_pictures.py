"""Picture files of every kind come out right; everything else comes out as a PictureError."""

import io
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from digitrec.imaging import pictures
from digitrec.imaging.pictures import PictureError, read_gray
from support.places import ROOT

register_heif_opener()  # for `saved`: whoever reads registers it itself


def saved(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def gray():
    """A smooth picture without any symmetry: 24 high, 40 wide."""
    y, x = np.mgrid[:24, :40]
    return (4 * x + 3 * y + 20 * (y < 8)).astype(np.uint8)


def coloured(gray):
    return Image.merge("RGB", [Image.fromarray(gray)] * 3)


LOSSLESS = [("PNG", {}), ("PNG", {"interlace": 1}), ("BMP", {}), ("GIF", {}), ("WEBP", {"lossless": True})]


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_lossless_pictures_come_out_exactly(gray, kind, options):
    for picture in (Image.fromarray(gray), coloured(gray)):
        read = read_gray(saved(picture, kind, **options))
        assert read.dtype == np.uint8 and np.array_equal(read, gray)


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("L", "JPEG", {"quality": 95}),
        ("RGB", "JPEG", {"quality": 95}),
        ("RGB", "JPEG", {"quality": 95, "progressive": True}),
        ("CMYK", "JPEG", {"quality": 95}),
        ("RGB", "WEBP", {"quality": 95}),
        ("P", "PNG", {}),
        ("P", "BMP", {}),
        ("P", "GIF", {}),
        ("RGBA", "PNG", {}),
        ("LA", "PNG", {}),
        ("RGBA", "WEBP", {"lossless": True}),
    ],
)
def test_every_kind_of_pixel_comes_out_alike(gray, mode, kind, options):
    colours = coloured(gray)
    picture = colours.quantize(256) if mode == "P" else colours.convert(mode)
    read = read_gray(saved(picture, kind, **options))
    assert read.shape == gray.shape
    assert np.abs(read.astype(int) - gray).max() <= 8


def test_one_bit_a_pixel_is_black_and_white(gray):
    bits = Image.fromarray(gray).convert("1", dither=Image.Dither.NONE)
    for kind in ("PNG", "BMP", "GIF"):
        assert np.array_equal(read_gray(saved(bits, kind)), np.where(gray > 127, 255, 0))


def test_sixteen_bits_a_pixel_keep_their_upper_eight(gray):
    deep = gray.astype(np.uint16) * 256 + 200
    assert np.array_equal(read_gray(saved(Image.fromarray(deep), "PNG")), gray)


def test_colours_become_gray_by_their_lightness():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]]], np.uint8)
    assert read_gray(saved(Image.fromarray(colours), "PNG")).tolist() == [[76, 150, 29, 226]]


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True, "exact": True})])
def test_transparent_pixels_lie_on_white(kind, options):
    pixels = np.array([[[0, 0, 0, 0], [0, 0, 0, 255], [0, 0, 0, 128], [200, 200, 200, 51]]], np.uint8)
    assert read_gray(saved(Image.fromarray(pixels), kind, **options)).tolist() == [[255, 0, 127, 244]]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_colour_lies_on_white(kind):
    picture = Image.new("P", (3, 1))
    picture.putpalette([0, 0, 0, 90, 90, 90, 30, 30, 30])
    picture.putdata([0, 1, 2])
    assert read_gray(saved(picture, kind, transparency=0)).tolist() == [[255, 90, 30]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_taken_at_any_angle_stands_upright(gray, kind, orientation):
    lying = {1: gray, 2: gray[:, ::-1], 3: gray[::-1, ::-1], 4: gray[::-1], 5: gray.T}
    lying |= {6: np.rot90(gray), 7: gray[::-1, ::-1].T, 8: np.rot90(gray, -1)}
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 95}, "PNG": {}, "WEBP": {"lossless": True}}[kind]
    read = read_gray(saved(Image.fromarray(lying[orientation]), kind, exif=exif, **options))
    assert read.shape == gray.shape and np.abs(read.astype(int) - gray).max() <= 8


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*"])
def test_damaged_notes_do_not_make_a_picture_unreadable(gray, exif):
    assert read_gray(saved(Image.fromarray(gray), "JPEG", exif=exif)).shape == gray.shape


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_counts(gray, kind):
    frames = [Image.fromarray(255 - gray), Image.fromarray(gray // 2)]
    options = {"lossless": True} if kind == "WEBP" else {}
    moving = saved(Image.fromarray(gray), kind, save_all=True, append_images=frames, **options)
    assert np.array_equal(read_gray(moving), gray)


# Refused


def test_the_content_tells_what_a_file_is(gray):
    for data in (b"", b"hello", b"%PDF-1.7 ...", b"\x89PNG\r\n", b"GIF89a", bytes(100), b"<svg/>"):
        with pytest.raises(PictureError):
            read_gray(data)
    with pytest.raises(
        PictureError, match="the file is not a picture: expected PNG, JPEG, WebP, BMP, GIF, TIFF or HEIC"
    ):
        read_gray(b"hello")


@pytest.mark.parametrize("kind", ["PPM", "ICO", "PDF", "TGA"])
def test_other_kinds_of_pictures_are_refused(gray, kind):
    with pytest.raises(PictureError, match="expected PNG"):
        read_gray(saved(coloured(gray), kind))


def test_a_file_of_more_than_ten_megabytes_is_refused():
    with pytest.raises(PictureError, match=r"the file is 10.1 MB: expected at most 10 MB."):
        read_gray(bytes(10_100_000))


def test_a_picture_of_more_than_twenty_megapixels_is_refused_before_it_is_unpacked(monkeypatch):
    large = saved(Image.new("1", (5001, 4000)), "PNG")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("it was unpacked"))
    with pytest.raises(PictureError, match=r"has 5001 x 4000 pixels: expected at most 20 million\. Shrink it\."):
        read_gray(large)


def test_a_picture_of_twenty_megapixels_is_read():
    assert read_gray(saved(Image.new("1", (5000, 4000)), "PNG")).shape == (4000, 5000)


def png_claiming(width, height):
    """A tiny PNG file whose header claims this size."""

    def chunk(name, data):
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [5_000, 10_000, 20_000, 2**31 - 1])
def test_a_bomb_is_refused_as_too_large(side):
    with pytest.raises(PictureError, match=r"expected at most 20 million\. Shrink it\."):
        read_gray(png_claiming(side, side))


# Reads pictures given in hexadecimal and ends badly if one is read or takes more than 30 MB at its peak.
READ_BOMBS = """
import sys
from pathlib import Path
from digitrec.imaging.pictures import PictureError, read_gray
def peak():  # in KB; getrusage would begin with the peak of the process that started this one
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
before = peak()
for data in map(bytes.fromhex, sys.argv[1:]):
    try:
        sys.exit(f"read as {read_gray(data).shape}")
    except PictureError as error:
        assert "Shrink it" in str(error), error
assert peak() - before < 30_000, peak() - before
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of memory so")
def test_a_bomb_takes_no_memory():
    """16,383 x 16,383 pixels, the most that WebP can claim, and GIF's 65,535 x 65,535."""
    tiny = Image.new("RGB", (64, 64))
    webp, gif = (bytearray(saved(tiny, kind, **options)) for kind, options in (LOSSLESS[4], LOSSLESS[3]))
    at = webp.index(b"VP8L") + 9  # 14 bits of width - 1, then 14 of height - 1
    webp[at : at + 4] = (int.from_bytes(webp[at : at + 4], "little") | 0xFFFFFFF).to_bytes(4, "little")
    gif[6:10] = b"\xff\xff\xff\xff"
    subprocess.run([sys.executable, "-c", READ_BOMBS, webp.hex(), gif.hex()], cwd=ROOT, check=True)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_off_picture_is_refused(kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
    data = saved(Image.fromarray(noise), kind)
    with pytest.raises(PictureError, match=r"damaged or cut off|is not a picture"):
        read_gray(data[: int(share * len(data))])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_whatever_is_damaged_only_a_picture_error_comes_out(gray, kind, seed):
    rng = np.random.default_rng(seed)
    data = saved(coloured(gray), kind)
    for _ in range(60):
        damaged = bytearray(data)
        for place in rng.integers(0, rng.choice([40, 200, len(data)]), rng.integers(1, 6)):
            damaged[place % len(data)] = rng.integers(0, 256)
        try:
            read = read_gray(bytes(damaged))
        except PictureError:
            continue
        assert read.dtype == np.uint8 and read.ndim == 2 and 0 < read.size <= pictures.MAX_PIXELS


@pytest.mark.parametrize("size", [(5712, 4284), (8064, 6048)])
def test_a_phones_large_photo_is_read_smaller(size):
    photo = Image.new("L", size, 220)
    photo.paste(30, (size[0] // 2, size[1] // 4, size[0] // 2 + 400, size[1] // 4 * 3))
    read = read_gray(saved(photo, "JPEG"))
    assert read.shape == (size[1] // 4, size[0] // 4)
    assert abs(int(read[read.shape[0] // 2, read.shape[1] // 2 + 50]) - 30) < 5 and abs(int(read[5, 5]) - 220) < 5


def test_a_large_photo_is_refused_where_it_cannot_be_read_smaller():
    photo = Image.new("L", (5712, 4284), 220)
    for data in (saved(photo, "PNG"), saved(photo, "JPEG", progressive=True)):
        with pytest.raises(PictureError, match="expected at most 20 million"):
            read_gray(data)


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}])
def test_a_scan_in_tiff_is_read(gray, options):
    for picture in (Image.fromarray(gray), coloured(gray)):
        assert np.array_equal(read_gray(saved(picture, "TIFF", **options)), gray)


REFUSED_BY_NAME = {
    "is a PDF file: expected PNG.*Save the page": b"%PDF-1.7 ...",
    "is an AVIF file: expected PNG.*Save it as JPEG": b"\0\0\0\x1cftypavif" + bytes(20),
}


@pytest.mark.parametrize("name", REFUSED_BY_NAME)
def test_other_known_kinds_are_refused_by_name_with_the_way_out(name):
    with pytest.raises(PictureError, match=name):
        read_gray(REFUSED_BY_NAME[name])


def test_heic_is_read(gray):
    large = coloured(np.kron(gray, np.ones((4, 4), np.uint8)))
    read = read_gray(saved(large, "HEIF", quality=95))
    assert np.abs(read.astype(int) - np.asarray(large)[:, :, 0]).mean() < 4


def test_heic_of_a_phone_is_upright(gray):
    large = coloured(np.kron(gray, np.ones((4, 4), np.uint8)))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read_gray(saved(large, "HEIF", quality=95, exif=exif.tobytes()))
    assert np.abs(turned.astype(int) - np.rot90(np.asarray(large)[:, :, 0], -1)).mean() < 4


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_damaged_heic_is_refused(gray, share):
    data = saved(coloured(np.kron(gray, np.ones((4, 4), np.uint8))), "HEIF")
    with pytest.raises(PictureError, match=r"damaged or cut off|is not a picture"):
        read_gray(data[: int(share * len(data))])


@pytest.mark.parametrize("ink", [0, 255])
def test_a_drawing_on_transparent_paper_shows_whatever_its_colour(ink):
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[..., :3] = ink
    pixels[5:15, 8:12, 3] = 255
    read = read_gray(saved(Image.fromarray(pixels), "PNG"))
    assert np.array_equal(read == ink, pixels[..., 3] == 255)


def test_a_file_that_is_no_picture_is_refused_by_a_program_that_has_seen_no_heic_yet():
    script = "from digitrec.imaging import read_gray; read_gray(b'a letter')"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "PictureError: the file is not a picture: expected PNG" in done.stderr
