"""The verification of a copy of MNIST: which of its files are missing, extra, changed or mislabelled."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_tutorial.data.progress import file_bar
from mnist_tutorial.data.readers import idx, png
from mnist_tutorial.data.readers.archives import members
from mnist_tutorial.data.readers.formats import IDX_FILES, assemble, idx_files
from mnist_tutorial.data.reference import check_digests, checksum, listing
from mnist_tutorial.errors import MNISTError

KINDS = ("missing", "extra", "changed", "mislabelled")
PARTS = ("train", "test")


class Finding(NamedTuple):
    """One thing that is wrong.

    Attributes
    ----------
    kind : {"missing", "extra", "changed", "mislabelled"}
    name : str
        Of the file; in IDX files, with the position inside.
    detail : str
        What was found, and what was expected.
    """

    kind: str
    name: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}" + (f" ({self.detail})" if self.detail else "")


def verify(path: Path | str) -> tuple[str, list[Finding]]:
    """Find every difference between a copy of MNIST and MNIST.

    Parameters
    ----------
    path : path-like
        A folder or an archive with the IDX files or the PNG files.

    Returns
    -------
    variant : {"full", "sample"}
        What it is, or was meant to be.
    findings : list of Finding
        Empty if and only if `load` accepts the copy, and its folders hold no files but the images.

    Raises
    ------
    MNISTError
        If there is nothing of MNIST, or the archive cannot be opened.
    """
    files = members(path)
    idx_set = idx_files(files)
    try:
        arrays, variant = assemble(files, path)
        check_digests(arrays, variant, path)
        findings = [] if idx_set else _unexpected_files(files)
    except MNISTError as error:
        variant, findings = ("full", list(_idx_findings(idx_set))) if idx_set else _png_findings(files)
        if variant is None:
            raise
        if not findings:  # each file is as expected, and yet the digests differ
            findings = [Finding("changed", str(path), str(error))]
    return variant, sorted(findings, key=lambda finding: (KINDS.index(finding.kind), finding.name))


def _unexpected_files(files):
    return [
        Finding("extra", name, "not the name of a digit's file")
        for name in files
        if any(part in name.split("/")[:-1] for part in PARTS) and not png.NAME.match(name)
    ]


def _idx_findings(idx_set):
    for field, file in IDX_FILES._asdict().items():
        part, kind = field.split("_")
        official = listing("full", part)
        if file not in idx_set:
            yield Finding("missing", file, "")
            continue
        name, read_bytes = idx_set[file]
        try:
            array = idx.decode(read_bytes(), name)
        except MNISTError as error:
            yield Finding("changed", name, str(error))
            continue
        shape = (len(official.labels), 28, 28)[: 3 if kind == "images" else 1]
        if array.shape != shape:
            yield Finding("changed", name, f"shape {array.shape}, expected {shape}")
        elif kind == "labels":
            for index in np.flatnonzero(array != official.labels):
                detail = f"labelled {array[index]}, expected {official.labels[index]}"
                yield Finding("mislabelled", f"{name}[{index}]", detail)
        else:
            checksums = np.array([checksum(image) for image in array], np.uint32)
            for index in np.flatnonzero(checksums != official.checksums):
                yield Finding("changed", f"{name}[{index}]", "its pixels differ from the original's")


def _png_findings(files):
    """Compare the image in each file with the name of the file, by checksum."""
    findings, names = _unexpected_files(files), {}  # names: of files, by (part, digit, number)
    for name in sorted(files):
        try:
            identity = png.parse(name)
        except MNISTError as error:
            findings.append(Finding("mislabelled", name, str(error)))
            continue
        if identity in names:
            findings.append(Finding("extra", name, f"the same digit and number as {names[identity]}"))
        elif identity:
            names[identity] = name
    if not names:
        return None, findings

    variant = "sample" if len(names) <= 5_500 else "full"
    checksums = {
        (part, int(digit), int(number)): int(crc)
        for part in PARTS
        for official in [listing(variant, part)]
        for digit, number, crc in zip(official.labels, official.numbers, official.checksums, strict=True)
    }
    identities = {crc: identity for identity, crc in checksums.items()}
    with file_bar("checking PNG files", len(names)) as bar:
        for identity, name in names.items():
            bar.update()
            try:
                actual = identities.get(checksum(png.decode(files[name](), name)))
            except MNISTError as error:
                findings.append(Finding("changed" if identity in checksums else "extra", name, str(error)))
                continue
            if identity not in checksums:
                findings.append(Finding("extra", name, f"there is no {_describe(identity)}"))
            elif actual is None:
                findings.append(Finding("changed", name, "its pixels differ from the original's"))
            elif actual != identity:
                kind = "mislabelled" if actual[:2] != identity[:2] else "changed"
                findings.append(Finding(kind, name, f"holds {_describe(actual)}"))
    # Missing files are named like the others: with the same folders above them, in class folders or flat.
    (part, digit, _), name = next(iter(names.items()))
    in_folders = f"/{digit}/" in name
    root = name[: name.rindex(f"{part}/")]
    for part, digit, number in checksums.keys() - names.keys():
        folder = f"{digit}/" if in_folders else ""
        findings.append(Finding("missing", f"{root}{part}/{folder}{digit}_{number:06}.png", ""))
    return variant, findings


def _describe(identity):
    part, digit, number = identity
    return f"number {number} of digit {digit} in {part}"


def summary(findings: list[Finding]) -> str:
    """Count findings by their kind.

    Parameters
    ----------
    findings : list of Finding

    Returns
    -------
    str

    Examples
    --------
    >>> summary([Finding("missing", "a", ""), Finding("extra", "b", ""), Finding("missing", "c", "")])
    '2 missing, 1 extra'
    """
    counts = Counter(finding.kind for finding in findings)
    return ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts[kind])
