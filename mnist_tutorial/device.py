"""The device that trains: a GPU if there is one, otherwise the processor."""

import os

import torch

from mnist_tutorial.compat import processor_has_bfloat16


def accelerator() -> str | None:
    """Name the kind of accelerator that trains here: ``"cuda"``, ``"mps"``, or None if there is only a processor."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def training_device() -> str | None:
    """Name the device on which this process trains; of several, as of torchrun, each has its own, as ``"cuda:1"``."""
    rank = os.environ.get("LOCAL_RANK")
    if accelerator() == "cuda" and rank is not None:
        return f"cuda:{int(rank) % torch.cuda.device_count()}"  # 0 if each process can see only its own GPU
    return accelerator()


def synchronize() -> None:
    """Wait until the accelerator, if there is one, has finished what it was given; it works while Python goes on."""
    if (kind := accelerator()) is not None:
        getattr(torch, kind).synchronize()


def describe() -> str:
    """Describe the device and its precision in a few words, as in ``"CPU, 2 threads, float32"``."""
    if accelerator() == "cuda":
        name = torch.cuda.get_device_name()
    else:
        name = "Apple GPU (MPS)" if accelerator() else f"CPU, {torch.get_num_threads()} threads"
    return f"{name}, {'bfloat16' if has_bfloat16() else 'float32'}"


def has_bfloat16() -> bool:
    """Check whether the device computes with bfloat16 in hardware: emulated, it is slower than float32."""
    if accelerator() == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return accelerator() is None and processor_has_bfloat16()  # not every Apple processor has it


def precision() -> str:
    """Choose the precision of a training, as Lightning names it: ``"bf16-mixed"`` with bfloat16, else ``"32-true"``."""
    return "bf16-mixed" if has_bfloat16() else "32-true"
