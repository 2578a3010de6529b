"""Models: templates of the sizes asked for, with the numbers of the same networks in plain torch."""

import pytest
import torch
from torch import nn
from torchvision.transforms import CenterCrop

import mnist_tutorial as mt


@pytest.mark.parametrize("make", [mt.models.mlp, mt.models.cnn])
def test_the_template_can_be_printed_selected_and_changed(make):
    template = make()
    assert "BatchNorm" in str(template)
    hidden = template["blocks", :-1] if make is mt.models.mlp else template[1]
    hidden[..., "activation"].configure(nn.GELU)
    first, second = template.create(), template.create()
    assert any(isinstance(module, nn.GELU) for module in first.modules())
    assert not torch.equal(next(first.parameters()), next(second.parameters()))


MLP = nn.Sequential(
    *(nn.Flatten(), nn.Linear(784, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Dropout(0.3)),
    *(nn.Linear(30, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Dropout(0.3), nn.Linear(20, 10)),
)
CNN = nn.Sequential(
    *(CenterCrop(24), nn.Conv2d(1, 5, 5), nn.MaxPool2d(2), nn.BatchNorm2d(5, momentum=0.3), nn.ReLU()),
    *(nn.Conv2d(5, 7, 3, padding=1), nn.BatchNorm2d(7, momentum=0.3), nn.ReLU()),
    *(nn.Conv2d(7, 7, 3, padding=1), nn.MaxPool2d(2), nn.BatchNorm2d(7, momentum=0.3), nn.ReLU()),
    *(nn.Conv2d(7, 11, 3), nn.BatchNorm2d(11, momentum=0.3), nn.ReLU()),
    *(nn.Conv2d(11, 11, 3), nn.BatchNorm2d(11, momentum=0.3), nn.ReLU()),
    *(nn.Flatten(), nn.Linear(11, 10)),
)


@pytest.mark.parametrize(
    ("template", "plain"), [(mt.models.mlp((30, 20), dropout=0.3), MLP), (mt.models.cnn((5, 7, 11)), CNN)]
)
def test_the_network_equals_the_same_in_plain_torch(template, plain):
    network = template.create()
    plain.load_state_dict(dict(zip(plain.state_dict(), network.state_dict().values(), strict=True)))
    images, logits = torch.randn(20, 1, 28, 28), []
    for module in (network, plain):
        torch.manual_seed(0)  # of the dropout
        logits.append((module(images), module.eval()(images)))  # so the running statistics are the same, too
    torch.testing.assert_close(*logits)
