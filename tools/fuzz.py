"""Fuzz the readers: any bytes must become what they should hold, or an MNISTError, in little memory.

    make fuzz

runs it with the extra `fuzz` (atheris, which has wheels for Linux only). One reader, for 300 seconds:

    .venv/bin/python tools/fuzz.py archive 300    # or png, idx, result, leaderboard, workshop, notebook

An input that breaks a reader is kept in the working folder as crash-*, and becomes a test.
"""

import contextlib
import copy
import io
import json
import math
import struct
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

TARGET, SECONDS = sys.argv[1:]
# The fuzzer sees which branches of these modules an input reaches, and so which inputs are worth varying.
INSTRUMENTED = ["zipfile", "tarfile", "gzip", "PIL.PngImagePlugin", "nbformat", "mnist_tutorial"]
with atheris.instrument_imports(include=INSTRUMENTED):
    import gzip
    import tarfile
    import zipfile
    import zlib

    import PIL.PngImagePlugin

    from mnist_tutorial.data.readers import formats, idx, png
    from mnist_tutorial.errors import MNISTError, printable

    if TARGET in ("result", "leaderboard"):  # these import torch, which takes most of their memory
        from rich.console import Console

        from mnist_tutorial.benchmark.compare import leaderboard as boards
        from mnist_tutorial.benchmark.results import files
    if TARGET in ("workshop", "notebook"):
        from mnist_tutorial.course.lesson import read_lesson
        from mnist_tutorial.course.working_folder import RECORD, update

ROOT = Path(__file__).parent.parent
WORK = Path(tempfile.mkdtemp(dir="/dev/shm"))
# What a hostile or a careless person puts into a field.
ODD = (None, True, -1, 0, 1, 0.5, -0.0, 1e308, 10**400, math.nan, math.inf, [], {}, [[]], [None], {"": None})
ODD += ("", "\0", "\x1b]0;a title\x07", "\ud800", "\u202e", "a|b\n# c", "[red]", "[/]", "<script>", "x" * 10**5)


def archive(data):
    path = WORK / "input"
    if data[:1] == b"z" and len(data) > 1:  # a valid archive of invalid files: their names, then their contents
        with zipfile.ZipFile(path, "w") as file:
            for name in ("train/7_000000.png", "test/3/3_000001.png", "train-images-idx3-ubyte.gz")[data[1] % 3 :]:
                file.writestr(name, data[2:])
    else:
        path.write_bytes(data)
    formats.read(path)


def png_file(data):
    # By the first byte: a valid file of invalid pixels, of pixels that are badly compressed, or anything.
    wrap = {b"p": lambda pixels: chunks(zlib.compress(pixels)), b"z": chunks}.get(data[:1], bytes)
    assert png.decode(wrap(data[1:]), "input").shape == (28, 28)


def chunks(packed):
    length, crc = struct.pack(">I", len(packed)), struct.pack(">I", zlib.crc32(b"IDAT" + packed))
    return png.HEAD + length + b"IDAT" + packed + crc + png.END


def idx_file(data):
    if data[:1] == b"g":
        data = gzip.compress(data[1:], 1)
    assert 1 <= idx.decode(data, "input").ndim <= 3


def result(data):
    write_result(data, WORK / "result/x.json")
    found, refused = files.read_all(WORK / "result")
    assert len(found) + len(refused) <= 1
    files.read(WORK / "result/x.json")


def leaderboard(data):
    write_result(data, WORK / "class/Eve/x.json")
    board = boards.leaderboard(WORK / "class")
    assert {"Ada", "Ben"} <= {entry.person for entry in board.entries["full"]}
    text = boards.markdown(board)
    assert text == printable(text)
    Console(file=io.StringIO(), width=118).print(*boards.tables(board))


def write_result(data, path):
    """Write any bytes, or a valid result with a few damaged fields, signed again."""
    if data[:1] == b"r":
        path.write_bytes(data[1:])
        return
    choose = atheris.FuzzedDataProvider(data)
    content = json.loads(RESULTS[choose.ConsumeIntInRange(0, len(RESULTS) - 1)])
    for _ in range(choose.ConsumeIntInRange(1, 3)):
        damage(content, choose)
    content.pop("sha256", None)
    path.write_text(json.dumps(content | {"sha256": files.checksum(content)}))


def damage(tree, choose):
    """Replace or remove one value, anywhere in a tree."""
    while tree:
        keys = list(tree) if isinstance(tree, dict) else range(len(tree))
        key = keys[choose.ConsumeIntInRange(0, len(keys) - 1)]
        if not isinstance(tree[key], dict | list) or choose.ConsumeBool():
            break
        tree = tree[key]
    else:
        return
    new = choose.ConsumeIntInRange(0, len(ODD) + 3)
    if new < len(ODD):
        tree[key] = copy.deepcopy(ODD[new])
    elif new == len(ODD):
        del tree[key]
    else:
        random = choose.ConsumeUnicode, choose.ConsumeInt, lambda _: choose.ConsumeFloat()
        tree[key] = random[new - len(ODD) - 1](8)


def workshop(data):
    folder = WORK / "workshop"
    (folder / RECORD).write_bytes(data)
    (folder / "1.ipynb").write_bytes(b"the answers of a student")
    try:
        update(folder, {"1.ipynb": b"ours", "2.ipynb": b"ours"})
    finally:
        assert (folder / "1.ipynb").read_bytes() == b"the answers of a student"


def notebook(data):
    """Read any bytes, or a real notebook in which one value is damaged."""
    path = WORK / "1.ipynb"
    if data[:1] == b"r":
        path.write_bytes(data[1:])
    else:
        choose = atheris.FuzzedDataProvider(data)
        content = json.loads((ROOT / "notebooks/01_loading.ipynb").read_text(encoding="utf-8"))
        for _ in range(choose.ConsumeIntInRange(1, 3)):
            damage(content, choose)
        path.write_text(json.dumps(content))
    lesson = read_lesson(path)
    for kind in ("student", "instructor", "solutions"):
        lesson.variant(kind)


def seeds(target):
    """Generate small valid inputs, to be varied."""
    digit = png.encode(np.arange(784, dtype=np.uint8).reshape(28, 28))
    labels = b"\0\0\x08\1\0\0\0\3abc"
    if target == "png":
        yield b"x" + digit
        for mode in ("L", "1", "P", "RGB", "I;16"):  # with a comment, so that Pillow reads all of it
            comment = PIL.PngImagePlugin.PngInfo()
            comment.add_text("Comment", "a digit", zip=True)
            stream = io.BytesIO()
            PIL.Image.new(mode, (28, 28)).save(stream, "PNG", pnginfo=comment)
            yield b"x" + stream.getvalue()
        yield from (b"p" + bytes([kind] * 29) * 28 for kind in range(6))  # the filters of a row
        yield b"z" + zlib.compress(bytes(812))
    elif target == "idx":
        yield labels
        yield b"g" + labels
        yield b"\0\0\x08\3" + b"\0\0\0\1" * 3 + b"a"
    elif target in ("result", "leaderboard"):
        yield from (b"r" + content for content in RESULTS)
        yield from (bytes([number]) * 40 for number in range(0, 256, 5))
    elif target == "workshop":
        yield json.dumps({"1.ipynb": "0" * 64, "2.ipynb": "1" * 64}).encode()
        yield b"[]"
    elif target == "notebook":
        yield b"r" + (ROOT / "notebooks/01_loading.ipynb").read_bytes()
        yield from (bytes([number]) * 40 for number in range(0, 256, 5))
    else:
        yield b"zz" + digit
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", method) as file:
                file.writestr("train/7/7_000000.png", digit)
                file.writestr("t10k-labels-idx1-ubyte", labels)
            yield stream.getvalue()
        for mode in ("w", "w:gz"):
            stream = io.BytesIO()
            with tarfile.open(fileobj=stream, mode=mode) as file:
                for name, data in (("train/7_000000.png", digit), ("t10k-labels-idx1-ubyte", labels)):
                    entry = tarfile.TarInfo(name)
                    entry.size = len(data)
                    file.addfile(entry, io.BytesIO(data))
            yield stream.getvalue()


RESULTS = [path.read_bytes() for path in sorted((ROOT / "results/cpu").glob("[cl]*-seed[01].json"))]


def main():
    read = {"archive": archive, "png": png_file, "idx": idx_file, "result": result, "leaderboard": leaderboard}
    read = (read | {"workshop": workshop, "notebook": notebook})[TARGET]
    for name in ("corpus", "result", "class/Ada", "class/Ben", "class/Eve", "workshop"):
        (WORK / name).mkdir(parents=True)
    for person, recipe in (("Ada", "lenet5"), ("Ben", "cnn-tiny")):
        [path] = (ROOT / "results/cpu").glob(f"{recipe}-*-test-seed2.json")
        (WORK / "class" / person / "x.json").write_bytes(path.read_bytes())

    def one_input(data):
        with contextlib.suppress(MNISTError):  # a reader may raise nothing else
            read(data)

    corpus = WORK / "corpus"
    for number, data in enumerate(seeds(TARGET)):
        (corpus / f"{number}").write_bytes(data)
    limits = [
        f"-max_total_time={SECONDS}",
        f"-rss_limit_mb={500 if TARGET in ('archive', 'png', 'idx') else 2500}",
        "-malloc_limit_mb=400",
        "-max_len=65536",
        "-timeout=20",
    ]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
