import contextlib
import gzip
import struct

import numpy as np
import pytest
from conftest import idx_bytes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnist_tutorial import MNISTError
from mnist_tutorial.data.readers import idx


@given(arrays(np.uint8, array_shapes(max_dims=3, max_side=5)), st.booleans())
def test_reading_is_the_inverse_of_writing(array, packed):
    data = idx_bytes(array)
    np.testing.assert_array_equal(idx.decode(gzip.compress(data) if packed else data, "x"), array)


@given(arrays(np.uint8, array_shapes(max_dims=3, max_side=4)), st.data())
def test_cut_anywhere_is_refused(array, data):
    whole = idx_bytes(array)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MNISTError, match="my file"):
        idx.decode(whole[:cut], "my file")


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x00\x00\x08", b"\x1f\x8b\x08", b"\x00\x00\x08\x01\x00\x00\x00"])
)
def test_any_bytes_are_an_array_or_our_error(data, beginning):
    with contextlib.suppress(MNISTError):
        assert idx.decode(beginning + data, "x").dtype == np.uint8


BROKEN = {
    "too long": (idx_bytes(np.zeros((2, 28, 28), "u1")) + b"x", r"1,585 bytes, expected 1,584 for shape \(2, 28, 28\)"),
    "wrong magic": (b"\x00\x00\x0d\x03" + bytes(12), r"begins with b'\\x00\\x00\\r\\x03'"),
    "four dimensions": (idx_bytes(np.zeros((1, 1, 1, 1), "u1")), r"begins with b'\\x00\\x00\\x08\\x04'"),
    "gzip that ends early": (gzip.compress(idx_bytes(np.arange(200, dtype="u1")))[:-20], "gzip ends early"),
    "gzip and more": (gzip.compress(idx_bytes(np.arange(200, dtype="u1"))) + b"more", "gzip ends early or is damaged"),
    "empty": (b"", "begins with b''"),
    # 2**31 * 2**31 * 4 is 0 in 64 bits, and so is the number of bytes that follow.
    "overflow": (struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 4), "16 bytes, expected 18,446,744,073,709,551,632"),
    "no images": (struct.pack(">HBB3I", 0, 8, 3, 0, 2**32 - 1, 2**32 - 1), r"for shape \(0, 4294967295"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused_with_what_is_wrong(kind):
    data, message = BROKEN[kind]
    with pytest.raises(MNISTError, match=f"my file: .*{message}"):
        idx.decode(data, "my file")
