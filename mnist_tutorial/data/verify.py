"""The verification of a copy of MNIST: what in it is missing, extra, changed or mislabelled."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from mnist_tutorial.data.readers import idx, png
from mnist_tutorial.data.readers.archives import members
from mnist_tutorial.data.readers.formats import BAR, IDX_FILES, assemble, idx_files
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
        Of the file; of IDX files with the position inside.
    detail : str
        What was found, and what was expected.
    """

    kind: str
    name: str
    detail: str

    def __str__(self):
        return f"{self.kind}: {self.name}" + (f" ({self.detail})" if self.detail else "")


def verify(path):
    """Look for all that tells a copy of MNIST from MNIST.

    Parameters
    ----------
    path : path-like
        A folder or an archive with the IDX files or the PNG files.

    Returns
    -------
    variant : {"full", "sample"}
        What it is, or was meant to be.
    findings : list of Finding
        Empty if and only if `load` takes it, and there are no other files beside the images.

    Raises
    ------
    MNISTError
        If there is nothing of MNIST, or the archive cannot be opened.
    """
    found = members(path)
    try:
        arrays, variant = assemble(found, path)
        check_digests(arrays, variant, str(path))
        findings = [] if idx_files(found) else list(_strangers(found))
    except MNISTError as error:
        variant, findings = _findings(found)
        if variant is None:
            raise
        if not findings:  # whatever it is, the digests do not fit
            findings = [Finding("changed", str(path), str(error))]
    return variant, sorted(findings, key=lambda finding: (KINDS.index(finding.kind), finding.name))


def _findings(found):
    if files := idx_files(found):
        return "full", list(_idx_findings(files))
    return _png_findings(found)


def _strangers(found):
    for name in found:
        if any(part in name.split("/")[:-1] for part in PARTS) and not png.NAME.match(name):
            yield Finding("extra", name, "not the name of a digit")


def _idx_findings(files):
    for field, file in IDX_FILES._asdict().items():
        part, what = field.split("_")
        known = listing("full", part)
        if file not in files:
            yield Finding("missing", file, "")
            continue
        name, read_bytes = files[file]
        try:
            array = idx.decode(read_bytes(), name)
        except MNISTError as error:
            yield Finding("changed", name, str(error))
            continue
        shape = (len(known.labels), 28, 28)[: 3 if what == "images" else 1]
        if array.shape != shape:
            yield Finding("changed", name, f"shape {array.shape}, expected {shape}")
        elif what == "labels":
            for at in np.flatnonzero(array != known.labels):
                yield Finding("mislabelled", f"{name}[{at}]", f"says {array[at]}, expected {known.labels[at]}")
        else:
            found = np.array([checksum(image) for image in array], np.uint32)
            for at in np.flatnonzero(found != known.checksums):
                yield Finding("changed", f"{name}[{at}]", "other pixels than the original")


def _png_findings(found):
    """Compare what each file holds with what its name says, by the checksums of the catalog."""
    findings, files = list(_strangers(found)), {}  # files: (part, digit, number) -> name
    for name in sorted(found):
        try:
            place = png.place(name)
        except MNISTError as error:
            findings.append(Finding("mislabelled", name, str(error)))
            continue
        if place in files:
            findings.append(Finding("extra", name, f"the same digit and number as {files[place]}"))
        elif place:
            files[place] = name
    if not files:
        return None, findings

    variant = "sample" if len(files) <= 5_500 else "full"
    expected = {
        (part, int(digit), int(number)): int(check)
        for part in PARTS
        for known in [listing(variant, part)]
        for digit, number, check in zip(known.labels, known.numbers, known.checksums, strict=True)
    }
    image_of = {check: place for place, check in expected.items()}
    for place, name in tqdm(files.items(), desc="checking PNG files", **BAR):
        try:
            check = checksum(png.decode(found[name](), name))
        except MNISTError as error:
            findings.append(Finding("changed" if place in expected else "extra", name, str(error)))
            continue
        really = image_of.get(check)
        if place not in expected:
            findings.append(Finding("extra", name, f"there is no {_named(place)}"))
        elif really is None:
            findings.append(Finding("changed", name, "other pixels than the original"))
        elif really != place:
            kind = "mislabelled" if really[:2] != place[:2] else "changed"
            findings.append(Finding(kind, name, f"holds {_named(really)}"))
    # As the other files are called: in class folders or flat, with whatever stands before.
    first_place, first_name = next(iter(files.items()))
    in_folders = f"/{first_place[1]}/" in first_name
    root = first_name[: first_name.rindex(f"{first_place[0]}/")]
    for part, digit, number in expected.keys() - files.keys():
        folder = f"{digit}/" if in_folders else ""
        findings.append(Finding("missing", f"{root}{part}/{folder}{digit}_{number:06}.png", ""))
    return variant, findings


def _named(place):
    part, digit, number = place
    return f"number {number} of digit {digit} of {part}"


def summary(findings):
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
