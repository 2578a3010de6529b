"""Fuzz the readers: any bytes must become digits or an MNISTError, in less than 500 MB of memory.

    make fuzz

runs it with the extra `fuzz` (atheris, which has wheels for Linux only). One reader, for 300 seconds:

    .venv/bin/python tools/fuzz.py archive 300    # or png, or idx

An input that breaks a reader is kept in the working folder as crash-*, and becomes a test.
"""

import contextlib
import io
import struct
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

# The fuzzer sees which branches of these modules an input reaches, and so which inputs are worth varying.
with atheris.instrument_imports(include=["zipfile", "tarfile", "gzip", "PIL.PngImagePlugin", "mnist_tutorial"]):
    import gzip
    import tarfile
    import zipfile
    import zlib

    import PIL.PngImagePlugin

    from mnist_tutorial import MNISTError
    from mnist_tutorial.data.readers import formats, idx, png

WORK = Path(tempfile.mkdtemp(dir="/dev/shm"))


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


def main():
    target, seconds = sys.argv[1:]
    read = {"archive": archive, "png": png_file, "idx": idx_file}[target]

    def one_input(data):
        with contextlib.suppress(MNISTError):  # a reader may raise nothing else
            read(data)

    corpus = WORK / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds(target)):
        (corpus / f"{number}").write_bytes(data)
    limits = [
        f"-max_total_time={seconds}",
        "-rss_limit_mb=500",
        "-malloc_limit_mb=400",
        "-max_len=65536",
        "-timeout=20",
    ]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
