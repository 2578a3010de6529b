"""A peer of ours, in an environment without our package: `tools/peers.py` starts it as ``peer.py NAME FOLDER SEED``.

It trains on the digits in the folder, writes its predictions of the test images there, and prints the seconds that its
call of ``fit`` took and the versions of all packages. It never sees the labels of the test digits.
"""

import json
import os
import sys
import time
from importlib.metadata import distributions
from itertools import pairwise
from pathlib import Path

import numpy as np

WARM_UP = 1_024  # digits, as our own recipes get before the clock starts


def keras(folder, seed):
    """Train as the example mnist_convnet; returns seconds and the predicted digits."""
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever a file in the user's home says
    from keras import Input, Sequential, layers
    from keras.utils import set_random_seed, to_categorical

    def scaled(images):
        return images[..., None].astype(np.float32) / 255  # (N, 28, 28, 1)

    def network():
        set_random_seed(seed)
        convolutions = (
            layer
            for width in (32, 64)
            for layer in (layers.Conv2D(width, 3, activation="relu"), layers.MaxPooling2D(2))
        )
        head = layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax")
        model = Sequential([Input((28, 28, 1)), *convolutions, *head])
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        return model

    def fit(model, images, labels, epochs):
        return seconds_of(
            lambda: model.fit(images, labels, batch_size=128, epochs=epochs, validation_split=0.1, verbose=0)
        )

    digits = np.load(folder / "digits.npz")
    images, labels = scaled(digits["train_images"]), to_categorical(digits["train_labels"], 10)
    fit(network(), images[:WARM_UP], labels[:WARM_UP], epochs=1)
    model = network()
    seconds = fit(model, images, labels, epochs=15)
    return seconds, model.predict(scaled(digits["test_images"]), verbose=0).argmax(1)


def fastai(folder, seed):
    """Train as chapter 13 of the book does in the end; returns seconds and the predicted digits."""
    from fastai.vision import all as fa
    from torch import nn

    def network():
        layers = []
        for inputs, outputs in pairwise((1, 8, 16, 32, 64, 10)):  # 28 x 28 pixels, then 14, 7, 4, 2, 1
            size = 5 if inputs == 1 else 3
            layers.append(nn.Conv2d(inputs, outputs, size, stride=2, padding=size // 2))
            layers += [nn.ReLU()] if outputs != 10 else []
            layers.append(nn.BatchNorm2d(outputs))
        return nn.Sequential(*layers, nn.Flatten())

    def learner(files):
        fa.set_seed(seed)
        block = fa.DataBlock(
            blocks=(fa.ImageBlock(cls=fa.PILImageBW), fa.CategoryBlock),
            get_items=lambda _: files,
            splitter=lambda items: (range(len(items)), []),  # the book validates on the test digits
            get_y=fa.parent_label,
            batch_tfms=fa.Normalize(),
        )
        data = block.dataloaders(folder, bs=512)
        return fa.Learner(data, network(), loss_func=nn.functional.cross_entropy, metrics=fa.accuracy)

    def fit(learn, epochs):
        with learn.no_bar(), learn.no_logging():
            return seconds_of(lambda: learn.fit_one_cycle(epochs, 0.1))

    files = sorted(fa.get_image_files(folder / "train"))  # by digit
    fit(learner(files[:: len(files) // WARM_UP]), epochs=1)
    learn = learner(files)
    seconds = fit(learn, epochs=5)
    with learn.no_bar():
        images = [fa.PILImageBW.create(image) for image in np.load(folder / "digits.npz")["test_images"]]
        scores, _ = learn.get_preds(dl=learn.dls.test_dl(images))
    return seconds, scores.argmax(1).numpy()


def seconds_of(action):
    """Call an action; returns how long it took."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    name, folder, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    seconds, predictions = {"keras": keras, "fastai": fastai}[name](folder, seed)
    np.save(folder / "predictions.npy", predictions.astype(np.uint8))
    versions = {package.name.lower().replace("_", "-"): package.version for package in distributions()}
    print(json.dumps({"seconds": round(seconds, 3), "versions": dict(sorted(versions.items()))}))
