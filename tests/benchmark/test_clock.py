import os
import signal
import subprocess
import sys
import time

from mnist_tutorial.benchmark.clock import Stopwatch, Time, timed

# A child of a child: its parent has ended, so that it counts as another program and not as one of ours.
BURN = "while True: pass"
START = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '{BURN}'], stdout=2).pid)"


def work():
    return sum(i * i for i in range(3_000_000))


def test_another_program_makes_a_time_contended():
    started = subprocess.run([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True, check=True)
    try:
        value, time = timed(work)
    finally:
        os.kill(int(started.stdout), signal.SIGKILL)
    assert (value, time.contended) == (work(), True)


def test_the_clock_waits_for_what_an_accelerator_was_given(monkeypatch):
    def synchronize():  # the processor is busy, as a GPU would be with what it was given
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass

    monkeypatch.setattr("mnist_tutorial.device.accelerator", lambda: "cuda")
    monkeypatch.setattr("torch.cuda.synchronize", synchronize)
    stopwatch = Stopwatch()
    stopwatch.start()  # work from before the start does not count
    with stopwatch.paused():  # what was launched before the pause does
        assert 0.15 < stopwatch.time.cpu_seconds < 0.35
    assert 0.35 < stopwatch.stop().cpu_seconds < 0.55


def test_processor_time_is_that_of_the_action_and_its_child_processes():
    _, time = timed(work)
    assert 0 < time.cpu_seconds <= 1.5 * time.wall  # one thread; the rest is rounding
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    _, time = timed(lambda: subprocess.run([sys.executable, "-c", burn], check=True))
    assert time.cpu_seconds > 0.27


def test_five_percent_is_the_limit():
    assert [Time(wall=1, cpu_seconds=2, other_cpu_seconds=other).contended for other in (0.1, 0.101)] == [False, True]
