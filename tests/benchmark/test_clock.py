import subprocess
import sys

from mnist_tutorial.benchmark import clock
from mnist_tutorial.benchmark.clock import Time, timed

BURN = "while True: pass"


def work():
    return sum(i * i for i in range(3_000_000))


def test_a_program_beside_makes_a_time_contended():
    beside = subprocess.Popen([sys.executable, "-c", BURN])
    try:
        value, time = timed(work)
    finally:
        beside.kill()
        beside.wait()
    assert value == work()
    assert time.other_cpu_seconds > 0.05 * time.cpu_seconds
    assert time.contended


def test_own_processor_time_is_that_of_the_action():
    _, time = timed(work)
    assert 0 < time.cpu_seconds <= 1.5 * time.wall  # one thread; the rest is rounding


def test_processes_that_the_action_waits_for_are_its_own():
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    _, time = timed(lambda: subprocess.run([sys.executable, "-c", burn], check=True))
    assert time.cpu_seconds > 0.45


def test_a_twentieth_is_the_limit():
    assert not Time(wall=1, cpu_seconds=2, other_cpu_seconds=0.1).contended
    assert Time(wall=1, cpu_seconds=2, other_cpu_seconds=0.101).contended


def test_others_have_what_the_machine_worked_beyond_our_own(monkeypatch):
    readings = {"_busy": iter([100.0, 107.0]), "_own": iter([10.0, 14.0])}
    for name, values in readings.items():
        monkeypatch.setattr(clock, name, lambda values=values: next(values))
    _, time = timed(lambda: None)
    assert (time.cpu_seconds, time.other_cpu_seconds) == (4, 3)
