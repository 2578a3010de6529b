"""The device that trains: a GPU where there is one, and otherwise the processor."""

import torch


def accelerator():
    """Name the accelerator that trains here.

    Returns
    -------
    str or None
        ``"cuda"``, ``"mps"``, or None where there is a processor only.
    """
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def describe():
    """Say in a few words what trains here, and in which precision.

    Returns
    -------
    str
        As in ``"CPU, 2 threads, float32"``.
    """
    if accelerator() == "cuda":
        name = torch.cuda.get_device_name()
    elif accelerator() == "mps":
        name = "Apple GPU (MPS)"
    else:
        name = f"CPU, {torch.get_num_threads()} threads"
    return f"{name}, {'bfloat16' if has_bfloat16() else 'float32'}"


def has_bfloat16():
    """Tell whether the device computes with bfloat16 in hardware.

    Without, torch emulates it, several times slower than float32.

    Returns
    -------
    bool
    """
    if accelerator() == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if accelerator() == "mps":
        return False  # float32 is the common denominator of Apple's processors
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def precision():
    """Choose the precision of a training, as Lightning names it.

    Returns
    -------
    str
        ``"bf16-mixed"`` where the device computes with bfloat16, otherwise ``"32-true"``.
    """
    return "bf16-mixed" if has_bfloat16() else "32-true"
