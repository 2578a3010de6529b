import subprocess
import sys

import mnist_tutorial as mt


def run(program):
    return subprocess.run([sys.executable, "-W", "default", "-c", program], capture_output=True, text=True, check=True)


def test_importing_prints_nothing_and_loads_nothing_heavy():
    done = run("import sys, mnist_tutorial; print({'numpy', 'torch', 'deeptrack', 'pooch'} & set(sys.modules))")
    assert done.stdout == "set()\n"
    assert done.stderr == ""


def test_a_cached_load_needs_neither_network_nor_torch(mnist):
    done = run("import sys, mnist_tutorial as m; m.load('full'); print({'requests', 'torch'} & set(sys.modules))")
    assert done.stdout == "set()\n"


def test_the_import_warnings_of_the_libraries_are_silenced():
    # The program notes what is warned about before any filter sees it: if the libraries stop, the filters can go.
    program = """
import warnings
warn, seen = warnings.warn, []
warnings.warn = lambda message, *args, **kwargs: (seen.append(str(message)), warn(message, *args, **kwargs))
import mnist_tutorial, deeptrack, deeplay
print(seen)
"""
    done = run(program)
    for message in ("OpenCV (cv2) is not installed", "`torch.jit.script` is deprecated"):
        assert message in done.stdout
        assert message not in done.stderr


def test_all_public_names_exist():
    for name in mt.__all__:
        assert getattr(mt, name) is not None
