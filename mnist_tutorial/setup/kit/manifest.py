"""The manifest: all files of a kit with their SHA-256; a kit without one is unfinished."""

import hashlib
import json
import os
from pathlib import Path, PurePosixPath

from mnist_tutorial.data import atomic
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.errors import MNISTError

PREFIX = ".mnist-tutorial-"  # of unfinished files, which a killed process leaves behind
NAME, UNFINISHED = "manifest.json", "unfinished.json"
LARGEST = 10_000_000  # bytes; ours has 30,000
# What systems put on each stick that they see.
JUNK = (
    ".DS_Store",
    ".Spotlight-V100",
    ".Trashes",
    ".fseventsd",
    "System Volume Information",
    "desktop.ini",
    "Thumbs.db",
)


def read(folder: Path, name: str = NAME) -> dict | None:
    """Read a manifest.

    Parameters
    ----------
    folder : Path
        A kit.
    name : str
        ``UNFINISHED`` is the one without files, of a kit that is being written.

    Returns
    -------
    dict or None
        ``options`` and ``files``; None if there is no manifest.

    Raises
    ------
    MNISTError
        If it is damaged, or no manifest of a kit.
    """
    path = folder / name
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path.stat().st_size:,} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("sha256") != _digest(content):
            raise ValueError("it has been changed")
        return content
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, AttributeError, RecursionError) as error:
        raise MNISTError(
            f"{path}: not the manifest of a kit ({error}); copy the kit again, or write it anew"
        ) from error


def save(folder: Path, content: dict, name: str = NAME) -> None:
    """Write a manifest, with a digest of itself."""
    with atomic(folder / name) as part:
        part.write_text(json.dumps(content | {"sha256": _digest(content)}, indent=1) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entry(path: Path, digest: str | None = None) -> dict:
    """Describe a file, as in a manifest."""
    return {"bytes": path.stat().st_size, "sha256": digest or sha256(path)}


def verify(folder: Path) -> tuple[dict, list[str]]:
    """Compare each file of a kit with its manifest.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    manifest : dict
    findings : list of str
        As in ``"changed: mnist.zip"``; also missing and extra files. Empty for a kit that is whole.

    Raises
    ------
    MNISTError
        If the folder is no kit, an unfinished one, or has a damaged manifest.
    """
    manifest = read(folder)
    if manifest is None:
        if (folder / UNFINISHED).exists():
            raise MNISTError(f"{folder} is an unfinished kit; run `kit` again with the same options: it carries on")
        raise MNISTError(
            f"{folder} is no kit: expected {folder / NAME}; to write one: python -m mnist_tutorial kit DIR"
        )
    present = _present(folder)
    findings = [f"missing: {name}" for name in manifest["files"] if name not in present]
    with progress_bar("checking", "B", total=sum(each["bytes"] for each in manifest["files"].values()),
                      unit_scale=True) as bar:  # fmt: skip
        for name, expected in manifest["files"].items():
            if name in present:
                path = folder / name
                if path.stat().st_size != expected["bytes"] or sha256(path) != expected["sha256"]:
                    findings.append(f"changed: {name}")
            bar.update(expected["bytes"])
    findings += [f"extra: {name}" for name in sorted(present - set(manifest["files"]) - {NAME})]
    return manifest, findings


def _present(folder):
    """List all files, with slashes."""
    names = set()
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_junk(name)]
        here = Path(place).relative_to(folder)
        names |= {PurePosixPath(here, name).as_posix() for name in files if not is_junk(name)}
        names |= {PurePosixPath(here, name).as_posix() for name in folders if Path(place, name).is_symlink()}
    return names


def is_junk(name: str) -> bool:
    """Tell what a system, or an interrupted run, has left behind."""
    return name in JUNK or name.startswith(("._", PREFIX))


def _digest(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
