"""The trainer: its settings and its progress bar."""

import io
import os
import subprocess
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import deeplay as dl
import pytest
import torch
from lightning.pytorch.callbacks import LambdaCallback, ProgressBar, TQDMProgressBar

import mnist_tutorial as mt
from mnist_tutorial.device import has_bfloat16


def fit(batches, options=None, **kwargs):
    trainer = mt.trainer(**kwargs)
    trainer.fit(mt.classifier(mt.models.mlp(hidden=(4,))), batches, **(options or {}))
    return trainer


def test_bfloat16_is_used_only_if_the_device_has_it_and_the_user_has_not_chosen():
    assert mt.trainer(progress=False).precision == ("bf16-mixed" if has_bfloat16() else "32-true")
    assert mt.trainer(progress=False, precision="64-true").precision == "64-true"


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({"max_epochs": 2, "accumulate_grad_batches": 3}, 40),
        ({"max_epochs": -1, "max_steps": 7}, 7),
        ({"max_epochs": 1, "max_steps": 100}, 20),
        ({"max_epochs": 2, "resume": True}, 40),
    ],
)
def test_a_terminal_shows_one_line_that_counts_batches(arguments, count, batches, monkeypatch, capsys, tmp_path):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    more = {}
    if arguments.pop("resume", False):
        more["ckpt_path"] = tmp_path / "half.ckpt"
        fit(batches, max_epochs=1, progress=False).save_checkpoint(more["ckpt_path"])
    monkeypatch.setattr(sys, "stderr", Terminal())
    fit(batches, more, **arguments)
    lines = [line for line in sys.stderr.getvalue().replace("\r", "\n").split("\n") if line.strip()]
    assert all(line.startswith("training:") for line in lines)
    assert f" {count}/{count} " in lines[-1]
    assert "train_loss_epoch" in lines[-1]
    assert capsys.readouterr().out == ""


def bars(trainer):
    return [callback for callback in trainer.callbacks if isinstance(callback, ProgressBar)]


def test_a_bar_of_the_user_replaces_ours():
    bar = TQDMProgressBar()
    assert bars(mt.trainer(callbacks=bar)) == bars(mt.trainer(progress=False, callbacks=[bar])) == [bar]
    trainer = mt.trainer()
    trainer.rich_progress_bar()  # as in deeplay
    assert [type(bar) for bar in bars(trainer)] == [dl.callbacks.RichProgressBar]
    trainer.disable_progress_bar()
    assert bars(trainer) == bars(mt.trainer(enable_progress_bar=False)) == bars(mt.trainer(progress=False)) == []
    assert len(bars(mt.trainer(enable_progress_bar=True))) == 1


def test_the_bar_is_silent_without_a_terminal_but_not_in_a_notebook_without_widgets(batches, monkeypatch, capsys):
    fit(batches, max_epochs=1)
    assert capsys.readouterr() == ("", "")
    shell = SimpleNamespace(kernel=None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    fit(batches, max_epochs=1)
    assert " 20/20 " in capsys.readouterr().err


@pytest.mark.parametrize("fails", [False, True])
def test_beside_busy_programs_one_thread_trains_and_then_all_are_back(fails, batches):
    def on_train_batch_end(trainer, *_):
        if torch.get_num_threads() == 1:
            counts.append(trainer.global_step)
            trainer.should_stop = True
            if fails:
                raise KeyError

    counts, threads = [], torch.get_num_threads()
    torch.set_num_threads(2)
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
    try:
        callback = LambdaCallback(on_train_batch_end=on_train_batch_end)
        with pytest.raises(KeyError) if fails else nullcontext():
            fit(batches, max_epochs=200, callbacks=[callback], progress=False)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
        for program in programs:
            program.kill()
            program.wait()
    assert counts
