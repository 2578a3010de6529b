from pathlib import Path

import pytest
import torch

from mnist_tutorial.device import describe, has_bfloat16, training_device

CPUINFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(
    torch.cuda.is_available() or not CPUINFO.exists(), reason="only Linux lists the flags of its processor"
)
def test_bfloat16_follows_the_flags_of_the_processor():
    flags = CPUINFO.read_text().split()
    assert has_bfloat16() == ("avx512_bf16" in flags or "amx_bf16" in flags)


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="for processors only")
def test_the_description_names_device_threads_and_precision():
    precision = "bfloat16" if has_bfloat16() else "float32"
    assert describe() == f"CPU, {torch.get_num_threads()} threads, {precision}"


@pytest.mark.parametrize(
    ("rank", "gpus", "device"), [(None, 2, "cuda"), ("0", 2, "cuda:0"), ("1", 2, "cuda:1"), ("1", 1, "cuda:0")]
)
def test_each_of_several_processes_trains_on_the_gpu_of_its_rank(rank, gpus, device, monkeypatch):
    # Torch is told that there are GPUs; none is used.
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    if rank is not None:
        monkeypatch.setenv("LOCAL_RANK", rank)
    assert training_device() == device
