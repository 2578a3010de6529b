"""The build of torch for Linux: the small one for processors, or the one with CUDA."""

from mnist_tutorial.errors import MNISTError

BACKENDS = ("auto", "cpu", "default")


def torch_build(backend: str, index: str) -> tuple[str | None, str]:
    """Choose a build of torch.

    Parameters
    ----------
    backend : {"auto", "cpu", "default"}
    index : str
        The address of torch's index, without ``/cpu``.

    Returns
    -------
    index : str or None
        The index that has the small build; None for the build with CUDA, from the package index.
    reason : str

    Raises
    ------
    MNISTError
        If the backend is another one.
    """
    if backend not in BACKENDS:
        raise MNISTError(f"torch backend is {backend!r}; expected one of {', '.join(BACKENDS)}")
    small = f"{index.rstrip('/')}/cpu"
    if backend == "default":
        return None, "as you asked"
    if backend == "cpu":
        return small, "as you asked"
    import requests

    from mnist_tutorial.data.mirrors import TIMEOUT, reason

    try:
        requests.get(f"{small}/torch/", timeout=TIMEOUT).raise_for_status()
    except requests.RequestException as error:
        return None, f"the small one is out of reach: {reason(error)}"
    return small, "--torch-backend default takes the one with CUDA"
