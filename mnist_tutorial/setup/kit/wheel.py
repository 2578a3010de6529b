"""Our own package as a wheel: built in a clone, packed again elsewhere."""

import base64
import csv
import hashlib
import io
import zipfile
from importlib.metadata import PackagePath, distribution
from pathlib import Path

from mnist_tutorial.errors import MNISTError
from mnist_tutorial.setup.kit.tools import pip

ROOT = Path(__file__).parents[3]  # in a clone of the repository
NAME = "mnist-tutorial"
# What an installer adds.
ADDED = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json", "uv_build.json")
EPOCH = (1980, 1, 1, 0, 0, 0)


def our_wheel(folder: Path) -> Path:
    """Make a wheel of this package.

    Parameters
    ----------
    folder : Path
        For the wheel.

    Returns
    -------
    Path

    Raises
    ------
    MNISTError
        If it cannot be built, or a file of the installation is missing or changed.
    """
    if (ROOT / "pyproject.toml").is_file():
        pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
        return next(folder.glob("mnist_tutorial-*.whl"))
    return _pack(folder)


def _pack(folder):
    installed = distribution(NAME)
    files = {str(file).replace("\\", "/"): _content(file) for file in installed.files or [] if _is_packed(file)}
    if not files:
        raise MNISTError(f"{NAME} {installed.version} has no RECORD of its files; expected it installed from a wheel")
    info = next(name for name in files if name.endswith(".dist-info/METADATA")).rpartition("/")[0]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    for name, content in files.items():
        writer.writerow([name, f"sha256={_record_digest(content)}", len(content)])
    writer.writerow([f"{info}/RECORD", "", ""])
    path = folder / f"{info.removesuffix('.dist-info')}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*files.items(), (f"{info}/RECORD", table.getvalue().encode())]:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return path


def _is_packed(file: PackagePath):
    return ".." not in file.parts and "__pycache__" not in file.parts and file.name not in ADDED


def _content(file):
    path = Path(file.locate())
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MNISTError(f"{path}: {error.strerror}; install {NAME} again") from error
    if file.hash and file.hash.value != _record_digest(content):
        raise MNISTError(f"{path} differs from what was installed; install {NAME} again")
    return content


def _record_digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
