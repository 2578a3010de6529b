"""Handwriting: real digits, enlarged and moved, come back; and so do drawings from photos with the faults of photos."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from scipy import ndimage

import mnist_tutorial as mt
from mnist_tutorial.course import strokes

DIGITS = json.loads((Path(mt.__file__).parent / "course/twenty.json").read_text())["digits"]
DRAWN = np.array([mt.prepare(strokes.picture(digit["strokes"])) for digit in DIGITS])
LABELS = np.array([digit["label"] for digit in DIGITS])
TWO = DIGITS[5]


def moved(image, factor, size, corner):
    """Enlarge a digit without its border, and put it somewhere into a larger picture."""
    rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
    ink = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    large = np.asarray(ink.resize((round(ink.width * factor), round(ink.height * factor)), Image.Resampling.BICUBIC))
    picture = np.zeros(size, np.uint8)
    picture[corner[0] : corner[0] + large.shape[0], corner[1] : corner[1] + large.shape[1]] = large
    return picture


def nearest(images, others):
    """Which of the others each image is nearest to."""
    images, others = (array.reshape(len(array), -1).astype(float) for array in (images, others))
    return ((others**2).sum(1) - 2 * images @ others.T).argmin(1)


def test_mnist_is_prepared_already(mnist):
    """So the box of 20 pixels and the centre of 14 are those of MNIST's makers."""
    digits = mnist.test.images[:500]
    prepared = np.array([mt.prepare(image) for image in digits])
    different = np.abs(prepared.astype(int) - digits).max((1, 2)) > 255 - digits.max((1, 2))
    assert different.mean() < 0.01  # the few whose centre lies between two pixels, or whose box is smaller


@pytest.mark.parametrize("factor", [0.8, 3, 11.5])
def test_a_digit_that_was_scaled_and_moved_comes_back(mnist, factor):
    digits = mnist.test.images[:300]
    rng = np.random.default_rng(0)
    pictures = [moved(image, factor, (260, 400), rng.integers(0, (30, 170))) for image in digits]
    prepared = np.array([mt.prepare(picture) for picture in pictures])
    assert all(max(np.ptp(np.nonzero(image), axis=1)) + 1 == 20 for image in prepared)
    # Nearer to its own original than to any other digit, so to all that a classifier sees in it.
    assert np.mean(nearest(prepared, digits) == np.arange(300)) > 0.95
    naive = np.array([mt.prepare(picture, centre=False) for picture in pictures])
    assert np.mean(nearest(naive, digits) == np.arange(300)) < 0.5


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("full", [True, 3e-5, 0.9, np.float32(1), np.uint8(255), np.uint16(65535)])
def test_any_range_of_values_and_dark_ink_on_light_paper_give_the_same_image(full, centre, sample):
    for image in sample.test.images[:50]:
        ink = moved(image, 4, (120, 110), (3, 2)) > 100
        prepared = mt.prepare(ink * full, centre)
        assert (prepared.dtype, prepared.shape) == (np.uint8, (28, 28))
        for picture in (ink, ~ink * full):
            np.testing.assert_array_equal(mt.prepare(picture, centre), prepared)
        np.testing.assert_array_equal(mt.prepare(255 - image, centre), mt.prepare(image, centre))


def test_ink_that_fills_the_picture_is_not_paper(mnist):
    for image in mnist.test.images[:2000]:  # as large as a picture can show them
        rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
        tight = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        np.testing.assert_array_equal(mt.prepare(tight), mt.prepare(image))


def test_paper_stays_paper_a_dot_becomes_a_box_and_nothing_sticks_out():
    assert not mt.prepare(np.zeros((50, 70))).any()
    dot = np.pad(np.uint8([[9]]), (3, 24))
    assert [(mt.prepare(dot, centre) == 255).sum() for centre in (True, False)] == [400, 1]
    uneven = np.zeros((100, 100))
    uneven[:, :20] = uneven[50, :] = 1  # its centre of mass is far to the left
    assert np.ptp(np.nonzero(mt.prepare(uneven)), axis=1).tolist() == [19, 19]


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((28, 28, 3), np.uint8), r"\(28, 28, 3\)"),
        (np.zeros((0, 28)), r"\(0, 28\)"),
        (np.array([["ink"]]), "array of <U3"),
        (np.array([[-1.0, 1]]), "negative"),
        (np.array([[np.nan, 1]]), "not finite"),
    ],
)
def test_what_is_no_grey_picture_is_refused_with_what_was_found(picture, words):
    with pytest.raises(mt.MNISTError, match=rf"{words}.*expected"):
        mt.prepare(picture)


def photo(
    digit, size=(600, 800), share=0.6, corner=(0.2, 0.5), ink=(40, 40, 60), light="even", noise=4, dirt="", scale=1
):
    """A photo of a drawing on yellowish paper; `share` is the side of the drawing by the shorter side of the photo."""
    rng = np.random.default_rng(0)
    side = round(min(size) * share)
    top, left = (round((length - side) * where) for length, where in zip(size, corner, strict=True))
    drawn = Image.fromarray(strokes.picture(digit["strokes"])).resize((side, side))
    cover = np.zeros((*size, 1))
    cover[top : top + side, left : left + side, 0] = np.asarray(drawn) / 255
    for y, x in rng.integers(5, np.subtract(size, 5), (20 * (dirt == "specks"), 2)):
        cover[y : y + 4, x : x + 4] = 1
    y, x = np.mgrid[0 : size[0], 0 : size[1], 0:1][:2] / max(size)
    lamp, shadow = 0.3 + 0.6 * x * (1 - y / 2), 0.5 + 0.4 / (1 + np.exp(60 * (x + y - 0.9)))
    colour = (cover * ink + (1 - cover) * [240, 232, 212]) * {"even": 0.9, "lamp": lamp, "shadow": shadow}[light]
    colour[:, : 40 * (dirt == "table")] = 20
    colour = (colour + rng.normal(0, noise, colour.shape)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(colour).resize((scale * size[1], scale * size[0]))


def read_as(images):
    """The label of the drawing that each image is nearest to, if a pixel more or less does not matter."""
    return LABELS[nearest(*(ndimage.gaussian_filter(array.astype(float), (0, 1, 1)) for array in (images, DRAWN)))]


KINDS = {
    "plain": {},
    "lamp": {"light": "lamp"},
    "shadow": {"light": "shadow"},
    "noise": {"noise": 25},
    "specks": {"dirt": "specks"},
    "red": {"ink": (200, 40, 40)},
    "blue": {"ink": (60, 90, 220), "light": "lamp"},
    "yellow": {"ink": (250, 235, 110), "noise": 8},
    "pencil": {"ink": (140, 140, 140), "light": "shadow"},
    "large": {"scale": 5},
    "table": {"dirt": "table"},  # the edge of the table is not ink
    "small": {"size": (90, 110), "share": 0.8, "noise": 2},
    "far away": {"size": (1200, 1600), "share": 0.3, "corner": (0.9, 0.1)},
    "close": {"share": 1, "corner": (0, 0.5)},
}


@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_photo_shows_the_digit_that_was_drawn(kind, paper, tmp_path):
    for i in (1, 7, 13, 19):
        drawn = photo(DIGITS[i], **kind)
        drawn = ImageOps.invert(drawn) if paper == "dark" else drawn
        drawn.save(tmp_path / f"{LABELS[i]}_{i}.jpg", quality=85)
    names = sorted(path.stem for path in tmp_path.iterdir())
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "._2.png").write_text("no photo, as macOS leaves them behind")
    photos = mt.read_photos(tmp_path)
    assert photos.labels.tolist() == read_as(photos.images).tolist() == [int(name[0]) for name in names]
    assert photos.index.tolist() == list(range(4))
    # Some are a pixel off, which makes 20; lines without ink inside make as much.
    drawn = DRAWN[[int(name[2:]) for name in names]]
    assert np.median(np.abs(photos.images.astype(int) - drawn).mean((1, 2))) < 13
    assert all(max(np.ptp(np.nonzero(image), axis=1)) + 1 == 20 for image in photos.images)  # no speck outside
    assert (photos.images == 0).mean() > 0.5  # paper is 0


def test_photos_of_any_kind_size_and_orientation_are_read(tmp_path):
    drawn, exif = photo(TWO, noise=0), Image.Exif()
    seen = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # by the sensor: the members of Image.Transpose
    for orientation, member in seen.items():
        exif[0x0112] = orientation
        drawn.transpose(list(Image.Transpose)[member]).save(tmp_path / f"2_{orientation}.jpg", exif=exif)
    grey = np.asarray(drawn.convert("L"))
    kinds = {mode: drawn.convert(mode) for mode in ("1", "L", "LA", "P", "RGB", "CMYK")}
    kinds["I;16"] = Image.fromarray(grey.astype(np.uint16) * 257)
    without_paper = np.where(grey < 155, 255 - grey, 0)  # as drawing programs save it
    kinds["RGBA"] = Image.fromarray(np.dstack([0 * grey] * 3 + [without_paper]))
    for mode, image in kinds.items():
        image.save(tmp_path / f"2_{mode[0]}{mode[-1]}.{'JPEG' if mode == 'CMYK' else 'PNG'}")
    drawn.resize((12_000, 9_000)).save(tmp_path / "2.jpg")  # 108 megapixels
    assert read_as(mt.read_photos(tmp_path).images).tolist() == [2] * 16


FAULTS = {
    "text": ("7.jpg", b"no photo", "cannot be read"),
    "cut off": ("7.jpg", b"\xff\xd8\xff\xe0" + bytes(90), "cannot be read"),
    "no digit": ("IMG_7.jpg", photo(TWO), "7_IMG_7.jpg"),
    "two digits": ("70.jpg", photo(TWO), "begins with the digit"),
    "HEIC": ("7.HEIC", b"", "expected JPEG or PNG"),
    "only notes": ("notes.txt", b"", "1 files, no photo"),
    "white": ("7.png", Image.new("L", (300, 300), 255), "no ink"),
    "black": ("7.png", Image.new("L", (300, 300), 0), "no ink"),
    "a line": ("7.png", Image.new("L", (3000, 1), 9), "no ink"),
    "paper": ("7.jpg", photo({"strokes": []}, noise=8, light="lamp"), "no ink"),
}


@pytest.mark.parametrize(("name", "content", "words"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_photo_of_a_digit_is_named_with_what_to_do(name, content, words, tmp_path):
    path = tmp_path / name
    path.write_bytes(content) if isinstance(content, bytes) else content.save(path)
    with pytest.raises(mt.MNISTError, match=words) as caught:
        mt.read_photos(tmp_path)
    assert str(tmp_path if name == "notes.txt" else path) in str(caught.value)
    assert "expected" in str(caught.value)
    for place in (path, path / "nowhere"):
        with pytest.raises(mt.MNISTError, match=f"{place}: .*; expected a folder"):
            mt.read_photos(place)
