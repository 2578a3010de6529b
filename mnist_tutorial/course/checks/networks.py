"""What is asked of a template of a network: its size, its outputs, and that it learns."""

import deeplay as dl
import deeptrack as dt
import torch

from mnist_tutorial.course.checks.exercise import Hint, returned
from mnist_tutorial.data import load
from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, evaluate, trainer

DIGITS, HELD_OUT, EPOCHS = 3_500, 500, 3
LEARNT = 0.8  # far from the 11 % of a network that says one digit only, and from what a second of training can reach


def created(template):
    """Make a network of a template, without touching the template.

    Parameters
    ----------
    template : object
        What the student's function returned.

    Returns
    -------
    deeplay.DeeplayModule

    Raises
    ------
    Hint
        If it is no template.
    """
    if not isinstance(returned(template), dl.DeeplayModule):
        raise Hint(f"you gave {type(template).__name__}; expected a deeplay template.")
    return template.new().create().eval()


def fits(template, limit):
    """Refuse a template that is too large or too small, or gives no logits.

    Parameters
    ----------
    template : object
        What the student's function returned.
    limit : int
        Of parameters.

    Returns
    -------
    int
        How many parameters it has.

    Raises
    ------
    Hint
        With what was found and what was expected.
    """
    network = created(template)
    count = sum(p.numel() for p in network.parameters())
    if count > limit:
        raise Hint(f"it has {count:,} parameters; expected {limit:,} at most. Where do most of them come from?")
    if count < limit / 2:
        raise Hint(f"it has {count:,} parameters of {limit:,}; expected half of them at least. Use what you may use.")
    with torch.no_grad():
        outputs = network(torch.randn(64, 1, 28, 28))
    if outputs.shape != (64, 10):
        raise Hint(f"of 64 images it makes {tuple(outputs.shape)}; expected (64, 10), a number for each digit.")
    if torch.allclose(outputs.sum(1), torch.ones(64)):
        raise Hint(
            "its outputs add up to 1, so they are probabilities; expected logits: the loss has the softmax in it."
        )
    return count


def learns(template):
    """Refuse a template that learns nothing in a second.

    Parameters
    ----------
    template : deeplay.DeeplayModule

    Returns
    -------
    str
        What it learnt.

    Raises
    ------
    Hint
        With what was found and what was expected.
    """
    train, held_out = load("auto").train.take(DIGITS + HELD_OUT, seed=0).hold_out(HELD_OUT, seed=0)
    source = digit_source(train)
    dataset = BatchDataset(dt.Value(source.image) >> Standardize() & dt.Value(source.label), source)
    student = classifier(template, max_lr=1e-2)
    trainer(max_epochs=EPOCHS, progress=False).fit(student, batch_loader(dataset, batch_size=128, shuffle=True))
    accuracy = evaluate(student, held_out)
    told = f"{accuracy:.0%} after {EPOCHS} epochs of {DIGITS:,} digits"
    if accuracy < LEARNT:
        raise Hint(
            f"it recognizes {told}; expected {LEARNT:.0%} at least. Is there an activation between the layers "
            "that lets "
            "gradient pass, and enough room in each layer?"
        )
    return told
