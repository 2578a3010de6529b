from pathlib import Path

import pytest
import torch

from mnist_tutorial.device import describe, has_bfloat16

CPUINFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(torch.cuda.is_available() or not CPUINFO.exists(), reason="Linux without a GPU tells its flags")
def test_bfloat16_is_what_the_processor_says():
    flags = CPUINFO.read_text().split()
    assert has_bfloat16() == ("avx512_bf16" in flags or "amx_bf16" in flags)


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="this is about processors")
def test_the_description_names_device_threads_and_precision():
    precision = "bfloat16" if has_bfloat16() else "float32"
    assert describe() == f"CPU, {torch.get_num_threads()} threads, {precision}"
