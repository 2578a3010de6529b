import gzip
import os
import stat
import struct
import tarfile
import zipfile
import zlib

import pytest

from mnist_tutorial import MNISTError
from mnist_tutorial.data.readers.archives import MAX_BYTES, members

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
    with pytest.raises(MNISTError, match=rf"archive\.{kind}.*fetch it again"):
        [read() for read in members(path).values()]


def test_a_changed_byte_in_a_zip_is_found_by_its_checksum(tmp_path):
    path = make("zip", tmp_path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"two", b"tow", 1))
    with pytest.raises(MNISTError, match=r"folder/b\.txt cannot be read \(Bad CRC-32"):
        members(path)["folder/b.txt"]()


def test_what_is_no_archive_is_shown(tmp_path):
    path = tmp_path / "mnist.zip"
    path.write_bytes(b"<!DOCTYPE html> please log in")
    with pytest.raises(MNISTError, match=r"mnist\.zip: neither a zip nor a tar.*29 bytes.*<!DOCTYPE"):
        members(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MNISTError, match=r"gone\.zip does not exist; expected a folder"):
        members(tmp_path / "gone.zip")


def zip_of(path, files, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, data in files:
            archive.writestr(entry, data, **options)
    return path


def link(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def tar_of(path, *entries):
    with tarfile.open(path, "w:gz") as archive:
        for name, kind in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    return path


UNSAFE = {
    "up.zip": (lambda path: zip_of(path, [("../a.txt", b"")]), r"'\.\./a\.txt' leads out of the archive"),
    "deep.zip": (lambda path: zip_of(path, [("a/../../b.txt", b"")]), "leads out of the archive"),
    "absolute.zip": (lambda path: zip_of(path, [("/etc/passwd", b"")]), "'/etc/passwd' leads out of the archive"),
    "windows.zip": (lambda path: zip_of(path, [("C:/a.txt", b"")]), "'C:/a.txt' leads out of the archive"),
    "link.zip": (lambda path: zip_of(path, [(link("a.txt"), b"/etc/passwd")]), r"a\.txt is a link"),
    "lzma.zip": (lambda path: zip_of(path, [("a.txt", b"")], compress_type=zipfile.ZIP_LZMA), "packed with method 14"),
    "up.tgz": (lambda path: tar_of(path, ("../a.txt", tarfile.REGTYPE)), "leads out of the archive"),
    "link.tgz": (lambda path: tar_of(path, ("a.txt", tarfile.SYMTYPE)), r"a\.txt is a link or a device"),
    "device.tgz": (lambda path: tar_of(path, ("a.txt", tarfile.CHRTYPE)), r"a\.txt is a link or a device"),
    "twice.tgz": (lambda path: tar_of(path, *[("a.txt", tarfile.REGTYPE)] * 2), r"a\.txt is there twice"),
}


@pytest.mark.parametrize("kind", UNSAFE)
def test_what_no_copy_of_mnist_holds_is_refused(kind, tmp_path):
    make, message = UNSAFE[kind]
    with pytest.raises(MNISTError, match=rf"{kind}: .*{message}"):
        members(make(tmp_path / kind))


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zip_of(tmp_path / "twice.zip", [("a.txt", b"one"), ("a.txt", b"two")])
    with pytest.raises(MNISTError, match=r"a\.txt is there twice"):
        members(path)


def test_an_encrypted_file_is_refused(tmp_path):
    path = zip_of(tmp_path / "secret.zip", [("a.txt", b"one")])
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag of encryption: before the file, and in the directory at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(MNISTError, match=r"a\.txt is encrypted"):
        members(path)


def test_a_tar_made_of_a_folder_named_dot_is_read(tmp_path):
    make("folder", tmp_path)
    with tarfile.open(tmp_path / "dot.tar", "w") as archive:
        archive.add(tmp_path / "files", ".")
    assert set(members(tmp_path / "dot.tar")) == set(FILES)


def test_pipes_in_a_folder_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert members(tmp_path) == {}


def zeros(path, forged):
    """Ten gigabytes of zeros in ten megabytes: one packed piece, that of 64 MiB, 160 times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(2**26)) + packer.flush(zlib.Z_FULL_FLUSH)
    data, size = piece * 160 + packer.flush(), 160 * 2**26
    assert len(data) < 11 * 10**6
    entry = zipfile.ZipInfo("zeros")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, data)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.file_size = 1000 if forged else size
        # The directory at the end is written now, with the changed entry; readers go by it.
    raw = bytearray(path.read_bytes())
    raw[8:10] = struct.pack("<H", zipfile.ZIP_DEFLATED)
    path.write_bytes(raw)


# Each would take gigabytes if it were unpacked: alone in a process, so that its memory can be measured.
BOMBS = {
    "one large": (lambda path: zip_of(path, [("zeros", bytes(MAX_BYTES + 1))]), "zeros has 67,108,865 bytes"),
    "many": (lambda path: zip_of(path, [(f"{i}", bytes(2**26)) for i in range(5)]), "more than 268,435,456 bytes"),
    "10 GB of zeros": (lambda path: zeros(path, forged=False), "zeros has 10,737,418,240 bytes"),
    "10 GB, forged": (lambda path: zeros(path, forged=True), "zeros cannot be read"),
    "a million files": (
        lambda path: path.write_bytes(b"PK\1\2" * 10**6 + b"PK\5\6" + bytes(18)),
        "more than 100,000 files",
    ),
    "gzip": (lambda path: path.write_bytes(gzip.compress(bytes(2**27 + 1), 1)), "more than 134,217,728 bytes"),
    "no archive": (lambda path: path.write_bytes(bytes(2**27 + 1)), "more than 134,217,728 bytes"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_in_little_memory(kind, tmp_path, run_python):
    make, message = BOMBS[kind]
    path = tmp_path / "bomb"
    make(path)
    program = """
import sys, tracemalloc
from mnist_tutorial.data.readers.archives import members
tracemalloc.start()
try:
    print([read() for read in members(sys.argv[1]).values()])
except Exception as error:
    print(type(error).__name__, error)
print(tracemalloc.get_traced_memory()[1] // 2**20)
"""
    outcome, megabytes = run_python("-c", program, str(path)).stdout.strip().splitlines()
    assert outcome.startswith("MNISTError")
    assert message in outcome
    assert int(megabytes) < 500
