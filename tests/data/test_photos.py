"""Photos of digits: made from real strokes, with the light, the ink, the size and the faults of those that people take."""

import json
import os

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import mnist_tutorial as mt
from mnist_tutorial.course.drawing import strokes

ROOT = os.path.dirname(mt.__file__)
with open(f"{ROOT}/course/drawing/twenty.json") as file:
    DIGITS = json.load(file)["digits"]
DRAWN = np.array([mt.prepare(strokes.picture(digit["strokes"])) for digit in DIGITS])
LABELS = np.array([digit["label"] for digit in DIGITS])


def photo(
    digit, size=(600, 800), share=0.6, corner=(0.2, 0.5), ink=(40, 40, 60), light="even", noise=4, specks=0, enlarged=1
):
    """A photo of a drawing on yellowish paper; `share` is the side of the drawing by the shorter side of the photo."""
    rng = np.random.default_rng(0)
    side = round(min(size) * share)
    drawn = Image.fromarray(strokes.picture(digit["strokes"])).resize((side, side))
    top, left = (round((length - side) * where) for length, where in zip(size, corner, strict=True))
    cover = np.zeros(size)
    cover[top : top + side, left : left + side] = np.asarray(drawn) / 255
    for y, x in rng.integers(5, np.subtract(size, 5), (specks, 2)):
        cover[y : y + 2, x : x + 2] = 1
    y, x = np.mgrid[0 : size[0], 0 : size[1]] / max(size)
    brightness = {
        "even": np.full(size, 0.9),
        "lamp": 0.3 + 0.6 * x * (1 - y / 2),
        "shadow": 0.5 + 0.4 / (1 + np.exp(60 * (x + y - 0.9))),
    }
    colour = cover[..., None] * ink + (1 - cover[..., None]) * [240, 232, 212]
    colour = colour * brightness[light][..., None] + rng.normal(0, noise, (*size, 3))
    return Image.fromarray(colour.clip(0, 255).astype(np.uint8)).resize((size[1] * enlarged, size[0] * enlarged))


def nearest(images):
    """The label of the drawing that each image is nearest to, if a pixel more or less does not matter."""
    images, drawn = (ndimage.gaussian_filter(array.astype(float), (0, 1, 1)) for array in (images, DRAWN))
    return LABELS[((images[:, None] - drawn) ** 2).sum((2, 3)).argmin(1)].tolist()


KINDS = {
    "plain": {},
    "lamp": {"light": "lamp"},
    "shadow": {"light": "shadow"},
    "noise": {"noise": 25},
    "specks": {"specks": 20},
    "red": {"ink": (200, 40, 40)},
    "blue": {"ink": (60, 90, 220), "light": "lamp"},
    "pencil": {"ink": (140, 140, 140), "light": "shadow"},
    "large": {"enlarged": 5},
    "small": {"size": (90, 110), "share": 0.8, "noise": 2},
    "far away": {"size": (1200, 1600), "share": 0.3, "corner": (0.9, 0.1)},
    "close": {"share": 1, "corner": (0, 0.5)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_shows_the_digit_that_was_drawn(kind, tmp_path):
    chosen = range(1, 20, 6)
    for i in chosen:
        photo(DIGITS[i], **KINDS[kind]).save(tmp_path / f"{DIGITS[i]['label']}_{i}.jpg", quality=85)
    read = mt.read_photos(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert nearest(read.images) == [int(name[0]) for name in names]
    assert read.labels.tolist() == [int(name[0]) for name in names]
    assert read.index.tolist() == list(range(len(names)))
    assert read.labels.dtype == read.index.dtype == np.int64
    assert all(max(np.ptp(np.nonzero(image), axis=1)) + 1 == 20 for image in read.images)  # no speck outside
    assert (read.images == 0).mean() > 0.5  # paper is 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_its_camera_says(orientation, tmp_path):
    image = photo(DIGITS[5])
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how the sensor saw it: the members of Image.Transpose
    if orientation in undo:
        image = image.transpose(list(Image.Transpose)[undo[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "2_turned.jpg", exif=exif)
    assert nearest(mt.read_photos(tmp_path).images) == [2]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_any_kind_of_jpeg_or_png_is_read(mode, tmp_path):
    image = photo(DIGITS[5], noise=0)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    if mode == "RGBA":  # a drawing without paper, as drawing programs save it
        ink = 255 - np.asarray(image.convert("L"))
        image = Image.fromarray(np.dstack([0 * ink] * 3 + [np.where(ink > 100, ink, 0)]))
    image = image if mode == "I;16" else image.convert(mode)
    image.save(tmp_path / ("2.JPEG" if mode == "CMYK" else "2.PNG"), "JPEG" if mode == "CMYK" else "PNG")
    assert nearest(mt.read_photos(tmp_path).images) == [2]


def test_the_edge_of_the_table_is_not_ink(tmp_path):
    image = np.array(photo(DIGITS[5]))
    image[:, :40] = 20
    Image.fromarray(image).save(tmp_path / "2-table.png")
    assert nearest(mt.read_photos(str(tmp_path)).images) == [2]


def save_bomb(path):
    image = Image.new("1", (20_000, 10_000), 1)
    image.save(path)


FAULTS = {
    "7.jpg is text": (lambda folder: (folder / "7.jpg").write_text("no photo"), "7.jpg: cannot be read"),
    "cut off": (
        lambda folder: (folder / "7.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(90)),
        "7.jpg: cannot be read",
    ),
    "no digit": (lambda folder: photo(DIGITS[0]).save(folder / "IMG_7.jpg"), "IMG_7.jpg: the name .*7_IMG_7.jpg"),
    "two digits": (lambda folder: photo(DIGITS[0]).save(folder / "70.jpg"), "70.jpg: the name"),
    "HEIC": (lambda folder: (folder / "7.HEIC").touch(), "7.HEIC: expected a JPEG or PNG"),
    "only notes": (lambda folder: (folder / "notes.txt").touch(), "1 files, none of them a photo"),
    "nothing": (lambda folder: None, "0 files, none of them a photo"),
    "white": (lambda folder: Image.new("L", (300, 300), 255).save(folder / "7.png"), "7.png: no ink"),
    "black": (lambda folder: Image.new("L", (300, 300), 0).save(folder / "7.png"), "7.png: no ink"),
    "one pixel": (lambda folder: Image.new("L", (1, 1), 9).save(folder / "7.png"), "7.png: no ink"),
    "a line": (lambda folder: Image.new("L", (3000, 1), 9).save(folder / "7.png"), "7.png: no ink"),
    "paper": (lambda folder: photo({"strokes": []}, noise=8, light="lamp").save(folder / "7.jpg"), "7.jpg: no ink"),
    "too large": (lambda folder: save_bomb(folder / "7.png"), "7.png: too large; expected at most [0-9,]+ pixels"),
    "half too large": (lambda folder: Image.new("1", (9_500, 9_500)).save(folder / "7.png"), "7.png: too large"),
    "a pipe": (lambda folder: os.mkfifo(folder / "7.jpg"), "0 files"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_is_no_photo_of_a_digit_is_named_with_what_to_do(kind, tmp_path):
    fault, words = FAULTS[kind]
    fault(tmp_path)
    with pytest.raises(mt.MNISTError, match=rf"{tmp_path}.*{words}.*expected|{words}"):
        mt.read_photos(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    for path in (tmp_path / "nowhere", tmp_path / "file"):
        (tmp_path / "file").touch()
        with pytest.raises(mt.MNISTError, match=f"no folder {path}; expected"):
            mt.read_photos(path)


def test_hidden_files_and_notes_do_not_matter(tmp_path):
    photo(DIGITS[5]).save(tmp_path / "2.png")
    for name in (".DS_Store", "._2.png", "notes.txt"):
        (tmp_path / name).write_text("no photo")
    assert len(mt.read_photos(tmp_path)) == 1
