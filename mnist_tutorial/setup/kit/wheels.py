"""Wheels of other packages: the locked releases, downloaded by pip, which checks their hashes."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from mnist_tutorial.errors import MNISTError
from mnist_tutorial.setup.kit.manifest import PREFIX, sha256
from mnist_tutorial.setup.kit.target import Target
from mnist_tutorial.setup.kit.tools import pip
from mnist_tutorial.setup.lock import Release

# Packages without a wheel on the index. They are pure Python, so what we build here runs everywhere.
SOURCE_ONLY = ("lazy-import",)
TORCH = ("torch", "torchvision")
CUDA = re.compile(r"(nvidia|cuda)-|triton$")  # what torch needs in its build with CUDA only
BATCH = 16  # packages in one call of pip: it takes a second to start, and an interruption loses a batch


class Wheels:
    """The wheels in a folder, for one target after another.

    Parameters
    ----------
    folder : Path
        Wheels that are there already, with a hash from the lock, are not downloaded again.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.digests = {path.name: sha256(path) for path in sorted(folder.glob("*.whl"))}

    def add(self, make: Callable[[Path], object]) -> Iterator[Path]:
        """Let a function make wheels in a private folder, and move them here."""
        with TemporaryDirectory(prefix=PREFIX, dir=self.folder, ignore_cleanup_errors=True) as private:
            made = Path(private, "made")
            made.mkdir()
            make(made)
            for path in sorted(made.glob("*.whl")):
                self.digests[path.name] = sha256(path)
                yield path.replace(self.folder / path.name)

    def find(self, release: Release, target: Target) -> Path | None:
        """Find the wheel of a release that runs on a target; its hash is in the lock."""
        tags = target.tags()
        for name, digest in self.digests.items():
            with suppress(InvalidWheelFilename):
                package, version, _, own_tags = parse_wheel_filename(name)
                ours = (package, str(version)) == (release.name, release.version) and digest in release.hashes
                if ours and own_tags & tags:
                    return self.folder / name
        return None

    def fetch(self, target: Target, releases: Iterable[Release], torch_index: str | None = None) -> Iterator[Path]:
        """Fetch wheels.

        Parameters
        ----------
        target : Target
        releases : iterable of Release
            What the target needs.
        torch_index : str, optional
            The index that has torch's build for processors. Its files have hashes of their own, not those of the lock.

        Yields
        ------
        Path
            One wheel after the other, in this folder.

        Raises
        ------
        MNISTError
            If there is no wheel for the target, or its hash is not in the lock.
        """
        wanted = []
        for release in releases:
            if release.name in SOURCE_ONLY:
                yield from self.add(lambda made, release=release: _build(release, made))
            elif torch_index and release.name in TORCH:
                yield from self.add(lambda made, release=release: _torch(release, target, torch_index, made))
            elif torch_index and CUDA.match(release.name):
                continue
            elif path := self.find(release, target):
                yield path
            else:
                wanted.append(release)
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            yield from self.add(lambda made, batch=batch: _download(batch, target, made))


def _download(releases, target, made):
    requirements = made / "requirements.txt"
    lines = (
        f"{release.name}=={release.version} {' '.join(f'--hash=sha256:{digest}' for digest in sorted(release.hashes))}"
        for release in releases
    )
    requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _pip_download(target, made, "--require-hashes", "--requirement", str(requirements))


def _torch(release, target, index, made):
    _pip_download(target, made, "--index-url", index, f"{release.name}=={release.version}+cpu")


def _pip_download(target, made, *arguments):
    platforms = [option for name in target.platforms for option in ("--platform", name)]
    wheels = ["--no-deps", "--only-binary", ":all:", "--implementation", "cp"]
    python = ["--python-version", target.environment["python_full_version"]]  # or it takes 3.11 as 3.11.0
    try:
        pip("download", *wheels, *python, *platforms, "--dest", str(made), *arguments, scratch=made.parent)
    except MNISTError as error:
        found = re.search(r"No matching distribution found for (\S+)", str(error))
        if not found:
            raise
        raise MNISTError(
            f"there is no wheel of {found[1]} for {target}, or no connection to the package index; "
            "expected one: choose another --python or --platform"
        ) from error


def _build(release, made):
    requirements = made / "requirements.txt"
    digests = " ".join(f"--hash=sha256:{digest}" for digest in sorted(release.hashes))
    requirements.write_text(f"{release.name}=={release.version} {digests}\n", encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--requirement", str(requirements), "--wheel-dir", str(made)]
    pip("wheel", *options, scratch=made.parent)
    for path in made.glob("*.whl"):
        if not path.name.endswith("-none-any.whl"):
            raise MNISTError(f"{path.name} runs on this system only; expected pure Python")
