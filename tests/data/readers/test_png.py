import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from conftest import png_bytes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from zlib_ng import zlib_ng

from mnist_tutorial import MNISTError
from mnist_tutorial.data.readers import png

digits = arrays(np.uint8, (28, 28))


@given(digits)
def test_pillow_reads_what_we_write(image):
    with Image.open(io.BytesIO(png.encode(image))) as picture:
        picture.verify()
    with Image.open(io.BytesIO(png.encode(image))) as picture:
        assert (picture.mode, picture.size, picture.format) == ("L", (28, 28), "PNG")
        np.testing.assert_array_equal(picture, image)


@given(digits)
def test_we_read_what_pillow_writes(image):
    np.testing.assert_array_equal(png.decode(png_bytes(image), "x"), image)


def test_we_read_what_pillow_writes_for_real_digits(mnist):
    for image in mnist.test.images[:300]:
        np.testing.assert_array_equal(png.decode(png_bytes(image), "x"), image)


def test_another_zlib_makes_the_same_bytes(mnist, monkeypatch):
    digits = mnist.train.images[2000:4000]
    ours = [png.encode(image) for image in digits]
    monkeypatch.setattr(png, "zlib", zlib_ng)
    assert [png.encode(image) for image in digits] == ours
    # The two do differ where there is something to choose.
    assert zlib.compress(digits.tobytes()) != zlib_ng.compress(digits.tobytes())


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_file_with_a_comment_is_read(mnist):
    data = png.encode(mnist.train.images[5])
    with_comment = data[:33] + chunk(b"tEXt", b"Comment\0a five") + data[33:]
    np.testing.assert_array_equal(png.decode(with_comment, "x"), mnist.train.images[5])


BROKEN = {
    "27 x 28": (png_bytes(np.zeros((27, 28), "u1")), r"L \(28, 27\); expected 8-bit grayscale"),
    "colour": (png_bytes(np.zeros((28, 28, 3), "u1")), r"RGB \(28, 28\); expected 8-bit grayscale"),
    "16 bits": (png_bytes(np.zeros((28, 28), "u2")), r"I;16.*expected 8-bit grayscale"),
    "no image": (b"<html>", "not a PNG image"),
    "empty": (b"", "not a PNG image"),
    "cut short": (png.encode(np.eye(28, dtype="u1"))[:-40], "not a PNG image"),
    "too few pixels": (
        png.HEAD + chunk(b"IDAT", zlib.compress(bytes(29))) + png.END,
        "29 bytes of pixels, expected 812",
    ),
    "too many pixels": (png.HEAD + chunk(b"IDAT", zlib.compress(bytes(10**6))) + png.END, "813 bytes of pixels"),
    "40,000 x 40,000": (
        png.HEAD[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)) + png.END,
        "not a PNG image",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_digit_is_refused_with_its_name(kind):
    data, message = BROKEN[kind]
    with pytest.raises(MNISTError, match=rf"my\.png: .*{message}"):
        png.decode(data, "my.png")


@given(digits, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=20))
def test_damaged_files_are_an_image_or_our_error(image, changes):
    data = bytearray(png.encode(image))
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(MNISTError):
        assert png.decode(bytes(data), "x").shape == (28, 28)


PLACES = {
    "train/7_000123.png": ("train", 7, 123),
    "mnist/test/0_00.png": ("test", 0, 0),
    "a/b/train/7/7_000123.png": ("train", 7, 123),
    "train/7/123.png": ("train", 7, 123),
    "README.md": None,
    "train/7/7_000123.jpg": None,
    "training/7_1.png": None,
}


@pytest.mark.parametrize("name", PLACES)
def test_the_name_says_which_digit_it_is(name):
    assert png.parse(name) == PLACES[name]


def test_a_name_of_two_digits_or_none_is_refused():
    with pytest.raises(MNISTError, match=r"train/3/5_000000\.png names digit 5 in the folder of digit 3"):
        png.parse("train/3/5_000000.png")
    with pytest.raises(MNISTError, match=r"train/000000\.png names no digit"):
        png.parse("train/000000.png")
