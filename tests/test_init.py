"""The package as a whole: what its import costs, and what a training with it prints."""

import json
import subprocess
import sys

import mnist_tutorial as mt

# A process of its own, since pytest has warning filters of its own and has imported everything already.
PROGRAM = """
import gc, json, sys
gc.disable()  # a third of the time of the imports
import mnist_tutorial as mt
facts = {"heavy": sorted({"numpy", "torch", "deeptrack", "requests"} & set(sys.modules))}
mt.load("full")
facts["heavy for load"] = sorted({"requests", "scipy", "torch"} & set(sys.modules))

import deeptrack as dt
source = mt.digit_source(mt.load("sample").test)
image = dt.Value(source.image) >> mt.Standardize()
loader = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source))
for validation in (None, loader):
    classifier = mt.classifier(mt.models.mlp(hidden=(8,)))
    mt.trainer(max_epochs=1).fit(classifier, loader, validation)
    mt.evaluate(classifier, mt.load("sample").test)
mt.trainer(max_epochs=1).fit(classifier, loader)
print(json.dumps(facts))
"""


def test_imports_and_a_cached_load_are_light_and_a_whole_training_is_silent_and_leaves_no_files(mnist, tmp_path):
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    assert list(tmp_path.iterdir()) == []
    facts = json.loads(line)
    assert facts["heavy"] == facts["heavy for load"] == []


def test_all_public_names_exist():
    for name in mt.__all__:
        assert getattr(mt, name) is not None
