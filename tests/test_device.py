from pathlib import Path

import pytest
import torch

from mnist_tutorial.device import accelerator, describe, has_bfloat16, training_device

CPUINFO = Path("/proc/cpuinfo")  # only Linux lists the flags of its processor


@pytest.mark.skipif(accelerator() is not None or not CPUINFO.exists(), reason="for processors only")
def test_the_description_names_threads_and_precision_and_bfloat16_follows_the_flags_of_the_processor():
    flags = CPUINFO.read_text().split()
    assert has_bfloat16() == ("avx512_bf16" in flags or "amx_bf16" in flags)
    assert describe() == f"CPU, {torch.get_num_threads()} threads, {'bfloat16' if has_bfloat16() else 'float32'}"


@pytest.mark.parametrize(
    ("rank", "gpus", "device"), [(None, 2, "cuda"), ("0", 2, "cuda:0"), ("1", 2, "cuda:1"), ("1", 1, "cuda:0")]
)
def test_each_of_several_processes_trains_on_the_gpu_of_its_rank(rank, gpus, device, monkeypatch):
    # Torch is told that there are GPUs; none is used.
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setenv("LOCAL_RANK", rank) if rank else monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert training_device() == device
