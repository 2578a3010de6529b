import subprocess
import sys

import mnist_tutorial as mt


def run(program):
    return subprocess.run([sys.executable, "-W", "default", "-c", program], capture_output=True, text=True, check=True)


def test_importing_prints_nothing_and_loads_nothing_heavy():
    done = run("import sys, mnist_tutorial; print({'numpy', 'torch', 'deeptrack', 'requests'} & set(sys.modules))")
    assert done.stdout == "set()\n"
    assert done.stderr == ""


def test_a_cached_load_needs_neither_network_nor_torch(mnist):
    done = run("import sys, mnist_tutorial as m; m.load('full'); print({'requests', 'torch'} & set(sys.modules))")
    assert done.stdout == "set()\n"


def test_a_whole_training_prints_nothing_and_leaves_no_files(tmp_path):
    # In a process of its own, since pytest has warning filters of its own. It notes what the libraries warn about when
    # they are imported, before any filter sees it: if they stop, the filters can go.
    program = """
import warnings
warn, seen = warnings.warn, []
def noting(message, category=None, stacklevel=1, source=None):
    seen.append(str(message))
    warn(message, category, stacklevel + 1, source)
warnings.warn = noting
import mnist_tutorial as mt
import deeptrack as dt, deeplay
warnings.warn = warn
print(seen)
source = mt.digit_source(mt.load("sample").test)
image = dt.Value(source.image) >> mt.Standardize()
loader = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source))
for validation in (None, loader):
    classifier = mt.classifier(mt.models.mlp(hidden=(8,)))
    mt.trainer(max_epochs=1, progress=False).fit(classifier, loader, validation)
    mt.evaluate(classifier, mt.load("sample").test)
mt.trainer(max_epochs=1, progress=False).fit(classifier, loader)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    [seen] = done.stdout.splitlines()
    assert "OpenCV (cv2) is not installed" in seen
    assert "`torch.jit.script` is deprecated" in seen
    assert list(tmp_path.iterdir()) == []


def test_all_public_names_exist():
    for name in mt.__all__:
        assert getattr(mt, name) is not None
