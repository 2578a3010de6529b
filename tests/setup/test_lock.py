from importlib.metadata import version

import pytest

from mnist_tutorial.setup.lock import pins


@pytest.mark.parametrize(
    ("environment", "names", "others"),
    [
        ({"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}, {"pywinpty"}, {"triton", "appnope"}),
        ({"sys_platform": "darwin", "platform_system": "Darwin"}, {"appnope"}, {"triton", "pywinpty"}),
        ({"sys_platform": "linux", "platform_system": "Linux"}, {"triton"}, {"pywinpty", "appnope"}),
    ],
)
def test_each_system_has_releases_of_its_own(environment, names, others):
    locked = pins(environment)
    assert names | {"torch", "deeptrack", "jupyterlab"} <= set(locked)
    assert not others & set(locked)


def test_here_they_are_what_is_installed():
    assert all(version(name).split("+")[0] == locked for name, locked in pins().items())
