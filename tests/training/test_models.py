"""Models: templates of the sizes asked for; the CNN against the same network in plain torch."""

import pytest
import torch
from torch import nn

import mnist_tutorial as mt


@pytest.mark.parametrize("make", [mt.models.mlp, mt.models.cnn])
def test_digits_become_logits(make):
    torch.manual_seed(0)
    network = make().create()
    logits = network(torch.randn(64, 1, 28, 28))
    assert logits.shape == (64, 10)
    assert logits.min() < 0 < logits.max()
    assert (logits.exp().sum(1) - 1).abs().min() > 1e-3  # no softmax


@pytest.mark.parametrize("make", [mt.models.mlp, mt.models.cnn])
def test_the_template_can_be_printed_selected_and_changed(make):
    template = make()
    assert "BatchNorm" in str(template)
    hidden = template["blocks", :-1] if make is mt.models.mlp else template[1]
    hidden[..., "activation"].configure(nn.GELU)
    first, second = template.create(), template.create()
    assert any(isinstance(module, nn.GELU) for module in first.modules())
    assert not torch.equal(next(first.parameters()), next(second.parameters()))


def test_the_sizes_are_those_requested():
    network = mt.models.mlp(hidden=(30, 20), dropout=0.3).create()
    assert [m.out_features for m in network.modules() if isinstance(m, nn.Linear)] == [30, 20, 10]
    assert [m.p for m in network.modules() if isinstance(m, nn.Dropout)] == [0.3, 0.3]
    network = mt.models.cnn(channels=(4, 6, 9)).create()
    assert [m.out_channels for m in network.modules() if isinstance(m, nn.Conv2d)] == [4, 6, 6, 9, 9]


def test_the_cnn_sees_the_central_24_pixels():
    torch.manual_seed(0)
    network = mt.models.cnn().create().eval()
    image = torch.randn(3, 1, 28, 28)
    assert torch.equal(network(image), network(image[:, :, 2:26, 2:26]))


def test_the_cnn_equals_the_same_network_in_plain_torch():
    torch.manual_seed(0)
    ours = mt.models.cnn((5, 7, 11)).create()
    plain = nn.Sequential(
        *(nn.Conv2d(1, 5, 5), nn.MaxPool2d(2), nn.BatchNorm2d(5, momentum=0.3), nn.ReLU()),
        *(nn.Conv2d(5, 7, 3, padding=1), nn.BatchNorm2d(7, momentum=0.3), nn.ReLU()),
        *(nn.Conv2d(7, 7, 3, padding=1), nn.MaxPool2d(2), nn.BatchNorm2d(7, momentum=0.3), nn.ReLU()),
        *(nn.Conv2d(7, 11, 3), nn.BatchNorm2d(11, momentum=0.3), nn.ReLU()),
        *(nn.Conv2d(11, 11, 3), nn.BatchNorm2d(11, momentum=0.3), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(11, 10)),
    )
    plain.load_state_dict(dict(zip(plain.state_dict(), ours.state_dict().values(), strict=True)))
    images = torch.randn(20, 1, 24, 24)
    torch.testing.assert_close(ours(images), plain(images))
    torch.testing.assert_close(ours.eval()(images), plain.eval()(images))  # so the running statistics are the same, too
