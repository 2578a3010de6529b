"""The verification of a copy of MNIST: which of its files are missing, extra or changed."""

import zlib
from pathlib import Path

import numpy as np

from mnist_tutorial.data import files
from mnist_tutorial.data.files import IDX_FILES, PNG_NAME, explained
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.data.reference import COUNTS, Arrays, checksums, listing
from mnist_tutorial.errors import MNISTError


def verify(path: Path | str) -> tuple[str, dict[str, list[str]]]:
    """List what is "missing", "extra" or "changed" in a copy of MNIST, "full" or "sample", whichever is closer.

    All lists are empty if and only if `load` accepts the copy, and its folders hold nothing but the images. If there is
    nothing of MNIST, that is an MNISTError.
    """
    contents, findings = files.contents(path), {"missing": [], "extra": [], "changed": []}
    digits = {name: digit for name in contents if (digit := files.png_digit(name))}
    names = files.idx_names(contents)
    try:
        _, variant = files.read(path)
    except MNISTError as error:
        if "swapped" in str(error).removeprefix(str(path)) or not (digits or names):
            raise
        variant = _compare_idx(contents, names, findings) if names else _compare_png(contents, digits, findings)
        if not any(findings.values()):
            findings["changed"].append(str(error))
    folders = tuple({PNG_NAME.fullmatch(name)[1] + "/" for name in digits})
    strangers = (name for name in contents if name not in digits and name.startswith(folders))
    findings["extra"] += [f"{name}: not the name of a digit's file" for name in strangers]
    return variant, {kind: sorted(names) for kind, names in findings.items()}


def summary(variant: str, findings: dict[str, list[str]]) -> str:
    """Count what `verify` has found, as in "not MNIST full: 2 missing, 1 extra"."""
    counts = ", ".join(f"{len(names):,} {kind}" for kind, names in findings.items() if names)
    if findings["extra"] or findings["changed"]:
        return f"not MNIST {variant}: {counts}"
    return f"MNIST {variant}, " + (f"incomplete: {counts}" if counts else "complete and unchanged")


def _compare_idx(contents, names, findings):
    arrays = {}
    findings["missing"] += [file for file in IDX_FILES if file not in names]
    for file, name in names.items():
        with explained(name, findings["changed"]):
            arrays[file] = files.idx_array(contents[name]())
    lengths = {len(array) for array in arrays.values()}
    variant = "sample" if lengths & {len(listing("sample", part).labels) for part in COUNTS} else "full"
    for file, array in arrays.items():
        part, kind = Arrays._fields[IDX_FILES.index(file)].split("_")
        expected = listing(variant, part)
        with explained(names[file], findings["changed"]):
            if len(array) != len(expected.labels):
                raise MNISTError(f"{len(array):,} {kind}; expected {len(expected.labels):,}")
            wrong = checksums(array) != expected.checksums if kind == "images" else array != expected.labels
            if wrong.any():
                raise MNISTError(f"{wrong.sum():,} {kind} differ, the first are {np.flatnonzero(wrong)[:5].tolist()}")
    return variant


def _compare_png(contents, digits, findings):
    in_sample = sum(number < 400 if part == "train" else 400 <= number < 500 for part, _, number in digits.values())
    variant = "sample" if in_sample > 0.9 * len(digits) else "full"  # of all of MNIST, one file in ten is in the sample
    missing = {}
    for part in COUNTS:
        labels, numbers, _, checksums = map(np.ndarray.tolist, listing(variant, part))
        missing |= {(part, *digit): checksum for *digit, checksum in zip(labels, numbers, checksums, strict=True)}
    # Others are named as most files are: with the same folders above them, in class folders or flat.
    matches = [PNG_NAME.fullmatch(name) for name in digits]
    folders = {part: "".join([*matches[0][1].rpartition("/")[:2], part]) for part in COUNTS}
    folders |= {part: match[1] for match, (part, *_) in zip(matches, digits.values(), strict=True)}
    layout = "{0}/{1}/" if 2 * sum(match[3] is not None for match in matches) > len(matches) else "{0}/"
    names = {digit: (layout + "{1}_{2:06}.png").format(folders[digit[0]], *digit[1:]) for digit in missing}
    holders = {checksum: names[digit] for digit, checksum in missing.items()}
    with progress_bar("checking PNG files", " files", total=len(digits)) as bar:
        for name, digit in digits.items():
            bar.update()
            expected = missing.pop(digit, None)
            with explained(name, findings["extra" if expected is None else "changed"]):
                if expected is None:
                    raise MNISTError(f"MNIST {variant} has no such number, or the file is there twice")
                if (checksum := zlib.crc32(files.png_array(contents[name]()))) != expected:
                    raise MNISTError(f"holds {holders.get(checksum, 'an image that is not in MNIST')}")
    findings["missing"] += [names[digit] for digit in missing]
    return variant
