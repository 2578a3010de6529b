"""Each place where we lean on the inside of another library; a test fails where the library has changed."""

import deeptrack as dt
import numpy as np
import pytest

from mnist_tutorial import compat


class WithoutKwargs(dt.Feature):
    def get(self, image):
        return image


def test_an_error_of_deeptrack_shows_that_get_lacks_kwargs():
    with pytest.raises(TypeError) as caught:
        WithoutKwargs()(np.zeros(1))
    assert compat.lacks_kwargs(caught.value)
    assert not compat.lacks_kwargs(TypeError("something else"))
