"""What goes wrong around the data: faults one by one, passwords, foreign files, and a death at any moment.

All of it happens to a data set of 70 digits, which takes the place of MNIST: it costs a thousandth of the time.
"""

import contextlib
import errno
import fcntl
import os
import re
import signal
import socket
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import send
from deaths import ends, files_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small import few, shrunk
from typer.testing import CliRunner

import mnist_tutorial as mt
from mnist_tutorial.cli import app
from mnist_tutorial.data import cache, export, mirrors
from mnist_tutorial.data import download as downloads
from mnist_tutorial.data.progress import progress_bar


@pytest.fixture(scope="module")
def small(mnist, tmp_path_factory):  # MNIST itself is loaded before, for the other modules
    yield from shrunk(tmp_path_factory)


@pytest.fixture
def here(small, empty_cache, monkeypatch, tmp_path, answer):
    """An empty cache and a mirror that works, to be harmed."""
    empty_cache.mkdir()
    monkeypatch.setattr(mirrors, "MIRRORS", (mirrors.disk_mirror(small.zip),))
    with tempfile.TemporaryDirectory() as public:
        yield SimpleNamespace(
            cache=empty_cache,
            other=tmp_path,
            public=Path(public),
            user=os.geteuid(),
            answer=answer,
            patch=monkeypatch.setattr,
            set=monkeypatch.setenv,
        )


def assert_kept(before, after):
    """Every file is where it was; one that has the name of ours may have been moved into a folder beside it."""
    for path, data in before.items():
        if "mnist-v1.bin" in path.parts:
            assert any(other.name == path.name and data == moved for other, moved in after.items())
        else:
            assert after[path] == data


# Faults, one a row: what is done, what a user reads (None: nothing at all), and whether MNIST is loaded. -------------


def put(*names, data=b"mine"):
    def make(here):
        for name in names:
            (here.cache / name).parent.mkdir(parents=True, exist_ok=True)
            (here.cache / name).write_bytes(data)

    return make


def pipe(name):
    return lambda here: os.mkfifo(here.cache / name)


def pipe_as_data(here):
    pipe("a.zip")(here)
    here.set("MNIST_TUTORIAL_DATA", str(here.cache / "a.zip"))


def socket_as_data(here):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(here.public / "s.zip"))  # a short path, as sockets need it
    here.set("MNIST_TUTORIAL_DATA", str(here.public / "s.zip"))


def device_as_data(here):
    here.set("MNIST_TUTORIAL_DATA", "/dev/zero")


def planted_links(here):
    """Links where files of ours were to be expected, and where a scratch folder of ours is to be expected."""
    victim = here.other / "victim"
    victim.mkdir()
    (victim / "mark").write_text(".mnist-tutorial-planted")
    (victim / "diary").write_text("dear diary")
    (here.cache / ".mnist-tutorial-planted").symlink_to(victim)
    for name in ("mnist-v1.part", f".mnist-v1.bin.{os.getpid()}.part", "partial"):
        (here.cache / name).symlink_to(victim / "diary")


def no_lock(code):
    def make(here):
        def flock(descriptor, operation):
            raise OSError(code, os.strerror(code))

        here.patch(fcntl, "flock", flock)

    return make


def held_elsewhere(here):
    no_lock(errno.ENOLCK)(here)
    here.patch(cache, "SOFT_SECONDS", 0.01)
    (here.cache / ".mnist-tutorial.lock").write_text("1\nanother-machine\n")


def fails(code):
    def make(here):
        def refuse(*arguments, **options):
            raise OSError(code, os.strerror(code), str(here.cache))

        here.patch(tempfile, "mkdtemp", refuse)

    return make


def of_somebody_else(name):
    """A file that its owner alone may read, in a folder for all."""

    def make(here):
        here.set("MNIST_TUTORIAL_CACHE", str(here.public))
        here.public.chmod(0o777)
        (here.public / name).touch(0o600)
        os.truncate(here.public / name, 55_000)  # as large as the cache's file
        if os.getuid():
            (here.public / name).chmod(0)
        else:
            here.user = 65534

    return make


def served(respond):
    return lambda here: here.set("MNIST_TUTORIAL_DATA", here.answer(respond) + "a.zip")


def without_end(here):
    def respond(handler):
        send(handler, length=False)
        while True:
            handler.wfile.write(bytes(2**16))

    here.patch(downloads, "MAX_ARCHIVE_BYTES", 2**20)
    served(respond)(here)


def broken_off_without_locks(here):
    no_lock(errno.ENOLCK)(here)
    served(lambda handler: send(handler, b"PK", length=9))(here)


LOADED, REFUSED = True, False
FAULTS = {
    "folders of others": (put("partial/a", "fetch-api/a", "fetch-x/y/z", "mnist.d/a"), None, LOADED),
    "files of others": (put(".film.mp4.123.part", ".mnist-tutorial-x/mark", "mnist-v1.part"), None, LOADED),
    "a file named like the lock": (put("fetch.lock"), None, LOADED),
    "planted links": (planted_links, None, LOADED),
    "text in place of the cache": (put("mnist-v1.bin"), "damaged", LOADED),
    "a folder in place of the cache": (put("mnist-v1.bin/a"), "damaged", LOADED),
    "a pipe in place of the cache": (pipe("mnist-v1.bin"), "damaged", LOADED),
    "a folder in place of the lock": (put("fetch.lock/a"), "fetch.lock: cannot be written (Is a dir", REFUSED),
    "a pipe as a mirror": (pipe("a.zip"), "a.zip: neither a file nor a folder", LOADED),
    "a pipe as the data": (pipe_as_data, "a.zip: neither a file nor a folder", REFUSED),
    "a socket as the data": (socket_as_data, "s.zip: neither a file nor a folder", REFUSED),
    "a device as the data": (device_as_data, "/dev/zero: neither a file nor a folder", REFUSED),
    "flock: no locks available": (no_lock(errno.ENOLCK), None, LOADED),
    "flock: not supported": (no_lock(errno.EOPNOTSUPP), None, LOADED),
    "flock: not implemented": (no_lock(errno.ENOSYS), None, LOADED),
    "another machine has the lock": (held_elsewhere, "another process is fetching into it", REFUSED),
    "no lock and half a download": (broken_off_without_locks, "the download broke off", REFUSED),
    "no space": (fails(errno.ENOSPC), "150 MB. Free some space", REFUSED),
    "no quota": (fails(errno.EDQUOT), "150 MB. Free some space", REFUSED),
    "a broken disk": (fails(errno.EIO), "(Input/output error); set MNIST_TUTORIAL_CACHE", REFUSED),
    "a disk that is read only": (fails(errno.EROFS), "(Read-only file system); set MNIST_TUTORIAL_CACHE", REFUSED),
    "no right to write": (fails(errno.EACCES), "belongs to", REFUSED),
    "a cache of somebody else": (of_somebody_else("mnist-v1.bin"), "mnist-v1.bin belongs to", REFUSED),
    "a lock of somebody else": (of_somebody_else("fetch.lock"), "fetch.lock belongs to", REFUSED),
    "a length of 256 MB": (
        served(lambda handler: send(handler, b"PK", length=2**28)),
        "a.zip: sent more than 134,217,728 bytes",
        REFUSED,
    ),
    "a length of 5,000 figures": (
        served(lambda handler: send(handler, b"PK", length="9" * 5000)),
        "a.zip: no answer that can be understood",
        REFUSED,
    ),
    "no end": (without_end, "a.zip: sent more than 1,048,576 bytes", REFUSED),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_every_other_file_stays(fault, here, caplog):
    make, said, loaded = FAULTS[fault]
    make(here)
    before = files_in(here.other)
    os.seteuid(here.user)
    try:
        assert len(mt.load("full").train) == 60
        error = None
    except mt.MNISTError as refused:
        error = str(refused)
    finally:
        os.seteuid(os.getuid())
    assert (error is None) == loaded, error
    text = (error or "") + caplog.text
    assert (said in text) if said else not text
    assert "space" not in text or "space" in said
    after = files_in(here.other)
    assert_kept(before, after)
    assert not [path for path in after.keys() - before.keys() if ".mnist-tutorial" in str(path)]


# What may be in the place of a file of an export.
IN_THE_WAY = {
    "a pipe": os.mkfifo,
    "a folder": os.mkdir,
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "an empty file": lambda path: path.touch(),
    "a file of a terabyte": lambda path: (path.touch(), os.truncate(path, 2**40)),
}


@pytest.mark.parametrize("kind", IN_THE_WAY)
def test_what_is_in_the_way_of_an_export_stays(kind, small, tmp_path):
    paths = [tmp_path / "README.md", tmp_path / "train/0/0_000000.png", tmp_path / "a.zip"]
    paths[1].parent.mkdir(parents=True)
    for path in paths:
        IN_THE_WAY[kind](path)
    before = [path.lstat() for path in paths]
    with pytest.raises(mt.MNISTError, match=r"2 files exist .* first is README\.md"):
        export.to_folder(few(small.arrays), tmp_path)
    with pytest.raises(mt.MNISTError, match=r"a\.zip exists"):
        export.to_zip(few(small.arrays), tmp_path / "a.zip")
    assert [path.lstat()[:2] for path in paths] == [status[:2] for status in before]


# Passwords: an address in MNIST_TUTORIAL_DATA, the server behind it, and what a user reads. ---------------------------


def redirect(handler):
    send(handler, status=302, Location="http://anna:hunter2@192.0.2.1/a.zip?token=hunter2")


URL = "http://anna:hunter2@127.0.0.1:{port}/a.zip?token=hunter2"
PASSWORDS = {
    "a mirror that works": (URL, None, ""),
    "an error of the server": (URL, lambda handler: send(handler, status=404), "a.zip: HTTP 404"),
    "a web page": (URL, lambda handler: send(handler, b"<html>"), "a.zip: sent a web page"),
    "no archive": (URL, lambda handler: send(handler, b"PK"), "a.zip: a.zip: neither a zip"),
    "a redirect": (URL, redirect, "a.zip: http://192.0.2.1/a.zip is not https"),
    "no server": ("http://anna:hunter2@127.0.0.1:9/a.zip", None, "a.zip: the connection is refused"),
    "no https": ("http://anna:hunter2@192.0.2.1/a.zip", None, "a.zip: http://192.0.2.1/a.zip is not https"),
    "no host": ("https://anna:hunter2@/a.zip", None, "not an https address"),
    "a broken host": ("https://anna:hunter2@[::1/a.zip", None, "not an https address"),
    "a slash in the password": ("https://anna:hun/hunter2@127.0.0.1/a.zip", None, "127.0.0.1/a.zip"),
    "a space in the password": ("http://anna:hun hunter2@127.0.0.1:9/a.zip", None, "the connection is refused"),
    "another scheme": ("ftp://anna:hunter2@127.0.0.1/a.zip", None, "not an https address"),
    "a scheme that is none": ("git+https://anna:hunter2@127.0.0.1/a.zip", None, "does not exist"),
}


@pytest.mark.parametrize("kind", PASSWORDS)
def test_a_password_is_neither_shown_nor_stored(kind, small, here, caplog, capfd):
    url, respond, said = PASSWORDS[kind]
    server = here.answer(respond or (lambda handler: send(handler, small.zip.read_bytes())))
    here.set("MNIST_TUTORIAL_DATA", url.format(port=server.rstrip("/").rsplit(":", 1)[1]))
    shown = []
    bar = lambda text, *others, **options: shown.append(text) or progress_bar(text, *others, **options)  # noqa: E731
    here.patch(downloads, "progress_bar", bar)
    if said:
        with pytest.raises(mt.MNISTError, match=re.escape(said)) as error:
            mt.load("full")
        shown += [str(cause) for cause in causes(error.value)]
    else:
        shown.append(mt.load("full").origin)
        [file] = here.cache.glob("*.bin")
        assert b"/a.zip" in file.read_bytes()
    stored = files_in(here.other)
    for text in (*shown, caplog.text, *capfd.readouterr(), *map(str, stored), *map(str, stored.values())):
        assert "hunter2" not in text


def causes(error):
    """The errors that a traceback shows."""
    while error:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_mirror_does_not_show_its_password():
    assert "hunter2" not in repr(mirrors.web_mirror(URL))


# Foreign files. -------------------------------------------------------------------------------------------------------

LIKE_OURS = [
    *("partial", "fetch-api", "fetch-1a2b", "fetch.lock", "mnist-v1.part", ".mnist-v1.bin.123.part", "mnist-v1.bin"),
    *(".mnist-tutorial-a1b2c3d4", "lock", "mark", "part", "downloads", "0123456789abcdef.part", "0123456789abcdef.tag"),
    *("mnist.zip", "mnist.tgz", "train-labels-idx1-ubyte", "README.md", "train", "0", "0_000000.png", "manifest.csv"),
]
NAMES = st.sampled_from(LIKE_OURS) | st.text("ab.~-_ é", min_size=1, max_size=8).filter(lambda name: name.strip("."))
TREES = st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=40), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(tree=TREES)
def test_foreign_files_in_our_folders_stay(tree, small, here):
    with tempfile.TemporaryDirectory(dir=here.other) as folder:
        folder = Path(folder)
        for name, data in tree.items():
            with contextlib.suppress(OSError):  # a file where another name needs a folder
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
        before, digits = files_in(folder), few(small.arrays)
        for command in (
            lambda: mt.load("full", cache=folder),
            lambda: export.to_folder(digits, folder, manifest=True),
            lambda: export.to_zip(digits, folder / "mnist.zip"),
        ):
            with contextlib.suppress(mt.MNISTError, OSError):
                command()
            assert_kept(before, files_in(folder))


# Deaths. --------------------------------------------------------------------------------------------------------------


def test_a_death_or_an_error_at_any_moment_does_no_harm(tmp_path, serve, run_python, record_property):
    url = serve(tmp_path) + "mnist.zip"
    done = run_python("tests/data/deaths.py", str(tmp_path), MNIST_TUTORIAL_DATA=url)
    assert done.returncode == 0, done.stderr
    record_property("points", done.stdout)
    assert len(done.stdout.splitlines()) == 7


def test_an_export_that_is_terminated_leaves_nothing(tmp_path):
    def terminate():
        os.kill(os.getpid(), signal.SIGTERM)

    command = ["export", "--variant", "sample", "--zip", str(tmp_path / "a.zip")]
    assert ends(lambda: CliRunner().invoke(app, command), tmp_path, terminate, 4) == 0
    assert files_in(tmp_path) == {}
