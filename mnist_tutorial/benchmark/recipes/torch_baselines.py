"""Baselines in bare torch, with networks and settings of others; they share no code with the rest of this package."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from mnist_tutorial.data import Split


def pytorch_examples(run):
    """Train the network of PyTorch's MNIST example, as it does.

    Source: github.com/pytorch/examples, mnist/main.py: two convolutions, dropout, Adadelta, learning rate 1 times 0.7
    after each of 14 epochs, batches of 64; digits come from memory instead of from a dataset. Claim: 99.2 %, as
    T. Tuomas measured (github.com/tuomaso/train_mnist_fast).
    """
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
        nn.LogSoftmax(dim=1),
    ).to(device())
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    images, labels = tensors(run.digits)
    run.predict = log_probabilities
    for _ in range(14):
        for chosen in torch.randperm(len(images)).split(64):
            network.train()
            loss = functional.nll_loss(network(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.step(len(chosen), loss, network)
        schedule.step()
    return network


def train_mnist_fast(run):
    """Train the network of train_mnist_fast, as it does.

    Source: github.com/tuomaso/train_mnist_fast, its last notebook: one epoch with Adam and one cycle, batches of 256
    in the order in which the digits come. Claim: 99.04 % in 0.76 s on a GTX 1660 Ti.
    """
    network = nn.Sequential(
        nn.Conv2d(1, 24, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(24, 32, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(800, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
        nn.LogSoftmax(dim=1),
    ).to(device())
    images, labels = tensors(run.digits)
    order = torch.arange(len(images)).split(256)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2, betas=(0.7, 0.9))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=len(order), cycle_momentum=False)
    run.predict = log_probabilities
    for chosen in order:
        network.train()
        loss = functional.nll_loss(network(images[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        run.step(len(chosen), loss, network)
    return network


def log_probabilities(network: nn.Module, split: Split) -> np.ndarray:
    """Predict the logarithm of the probability of each class, in eval mode: (N, 10)."""
    network.eval()
    images, _ = tensors(split)
    with torch.no_grad():
        return torch.cat([network(batch) for batch in images.split(1000)]).cpu().numpy()


def tensors(split: Split) -> tuple[torch.Tensor, torch.Tensor]:
    """Make tensors of the standardized images (N, 1, 28, 28) and of their labels."""
    images = torch.tensor(split.images, device=device())[:, None] / 255
    return (images - 0.1307) / 0.3081, torch.tensor(split.labels, device=device())


def device() -> str:
    """Choose the GPU if there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"
