import tarfile
import zipfile

import pytest

from mnist_tutorial import MNISTError
from mnist_tutorial.archives import MAX_BYTES, members

FILES = {"a.txt": b"one", "folder/b.txt": b"two"}


def make(kind, tmp_path):
    folder = tmp_path / "files"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ".git").mkdir()
    (folder / ".git/object").write_bytes(b"not ours")
    if kind == "folder":
        return folder
    path = tmp_path / f"archive.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in FILES.items():
                archive.writestr(name, data)
            archive.writestr("__MACOSX/folder/._b.txt", b"not ours")
    else:
        with tarfile.open(path, "w:gz") as archive:
            for name in FILES:
                archive.add(folder / name, name)
    return path


@pytest.mark.parametrize("kind", ["folder", "zip", "tgz"])
def test_the_files_inside_are_the_same_in_whatever_they_are_packed(kind, tmp_path):
    assert {name: read() for name, read in members(make(kind, tmp_path)).items()} == FILES


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_an_archive_that_was_cut_short_is_refused(kind, tmp_path):
    path = make(kind, tmp_path)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(MNISTError, match=rf"archive\.{kind}.*fetch it anew"):
        [read() for read in members(path).values()]


def test_a_changed_byte_in_a_zip_is_found_by_its_checksum(tmp_path):
    path = make("zip", tmp_path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"two", b"tow", 1))
    with pytest.raises(MNISTError, match=r"folder/b\.txt cannot be unpacked"):
        members(path)["folder/b.txt"]()


def test_what_is_no_archive_is_shown(tmp_path):
    path = tmp_path / "mnist.zip"
    path.write_bytes(b"<!DOCTYPE html> please log in")
    with pytest.raises(MNISTError, match=r"mnist\.zip: neither a zip nor a tar.*29 bytes.*<!DOCTYPE"):
        members(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MNISTError, match=r"gone\.zip does not exist; expected a folder"):
        members(tmp_path / "gone.zip")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(MAX_BYTES + 1))
    assert path.stat().st_size < 100_000
    with pytest.raises(MNISTError, match="zeros has 67,108,865 bytes, expected at most"):
        members(path)
