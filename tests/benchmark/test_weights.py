import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.runs import Task, load_recipe
from mnist_tutorial.benchmark.runs.execution import train
from mnist_tutorial.benchmark.weights import describe, restore, save

MINE = """
import torch
from torch.nn import Flatten, Linear, Sequential


def linear(run, silent=False):
    network = Sequential(Flatten(), Linear(784, WIDTH))
    images = torch.tensor(run.digits.images) / 255
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(20):
        loss = torch.nn.functional.cross_entropy(network(images), torch.tensor(run.digits.labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.step(len(images), loss, None if silent else network)
    return network


def mine(run):
    return linear(run)


def silent(run):
    return linear(run, silent=True)


def hidden(run):
    network = linear(run)
    network.register_forward_hook(lambda module, inputs, outputs: outputs.roll(1, dims=1))
    return network
"""


@pytest.fixture
def task(tmp_path):
    def make(name="mine", width="10"):
        (tmp_path / "mine.py").write_text(MINE.replace("WIDTH", width))
        return Task(load_recipe(f"{tmp_path / 'mine.py'}:{name}"), 3, "validation", "sample")

    return make


@pytest.fixture
def path(tmp_path):
    return tmp_path / "w.safetensors"


def test_a_restored_network_predicts_what_the_trained_one_does(task, path, sample):
    training = train(task())
    kept = save(training, task(), path)
    run, network, found = restore(path, task().recipe, sample.train)
    assert found == kept == describe(path)
    assert (kept.recipe, kept.seed, kept.evaluated_on) == ("mine", 3, "validation")
    assert 0.7 < kept.accuracy < 1
    before, after = training.run.scores(training.network, sample.test), run.scores(network, sample.test)
    assert np.mean(before.argmax(1) == after.argmax(1)) > 0.99
    np.testing.assert_allclose(before, after, atol=0.02)
    assert path.stat().st_size < 7_850 * 2 + 20_000


def test_weights_that_sixteen_bits_cannot_hold_are_kept_in_thirty_two(task, path):
    training = train(task())
    with torch.no_grad():
        for parameter in training.network.parameters():
            parameter.mul_(1e7)  # the same predictions, beyond the largest number of float16
    save(training, task(), path)
    assert {tensor.dtype for tensor in load_file(path).values()} == {torch.float32}


@pytest.mark.parametrize(
    ("name", "reason"), [("silent", "run.step"), ("hidden", "state_dict"), ("nearest-neighbours", "torch")]
)
def test_a_recipe_whose_weights_are_not_its_network_is_refused(name, reason, task, path):
    one = task(name) if name != "nearest-neighbours" else Task(load_recipe(name), 0, "validation", "sample")
    with pytest.raises(MNISTError, match=reason):
        save(train(one), one, path)
    assert not path.exists()


def test_weights_of_another_recipe_or_shape_or_program_are_refused(task, path, sample):
    save(train(task()), task(), path)
    with pytest.raises(MNISTError, match="weights of mine, expected those of linear"):
        restore(path, load_recipe("linear"), sample.train)
    with pytest.raises(MNISTError, match="does not fit"):
        restore(path, task(width="11").recipe, sample.train)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(MNISTError, match="cannot be read"):
        describe(path)
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(MNISTError, match="another program"):
        describe(path)
    with pytest.raises(MNISTError, match="cannot be read"):
        describe(path.with_name("none.safetensors"))
