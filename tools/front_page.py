"""Train the network that reads digits on the front page of the site: python tools/front_page.py, a minute or two.

It is `cnn-tiny` with seed 0, trained as in the benchmark. Its weights take 16 bits each where no prediction changes.
"""

from pathlib import Path

import numpy as np
from safetensors.torch import save_file

import mnist_tutorial as mt
from mnist_tutorial.benchmark import Run, load_recipe
from mnist_tutorial.benchmark.execute import seed_everything
from mnist_tutorial.data import atomic

PATH = Path(__file__).parent.parent / "results" / "weights" / "cnn-tiny.safetensors"
RECIPE, SEED = "cnn-tiny", 0


def main(path=PATH, variant="full"):
    mnist = mt.load(variant)
    run = Run(mnist.train, SEED)
    seed_everything(SEED)
    network, _ = run.train(load_recipe(RECIPE).function)
    predicted = run.scores(network, mnist.test).argmax(1)
    tensors = {name: tensor.cpu().contiguous().clone() for name, tensor in network.state_dict().items()}
    shorter = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    network.load_state_dict(shorter)
    if np.array_equal(run.scores(network, mnist.test).argmax(1), predicted):
        tensors = shorter
    accuracy = f"{np.mean(predicted == mnist.test.labels):.2%}"
    with atomic(path) as part:
        save_file(tensors, part, metadata={"recipe": RECIPE, "seed": str(SEED), "test accuracy": accuracy})
    print(f"{path}: {accuracy} of the test digits, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
