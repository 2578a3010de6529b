"""A field of view: objects at random places, next to each other."""

from typing import Any

import deeptrack as dt
import numpy as np
import torch

ATTEMPTS = 2000  # to find places for all objects
FRESH = 100  # attempts, after which all objects of a field move


class Field(dt.Feature):
    """Put objects at random places of a larger image, without overlap.

    Takes arrays or tensors of any dtype; pixels above 0 belong to an object. One object for each field has the shape
    (H, W) or (B, H, W). K objects in each, (B, K, H, W), get a plane each, (B, K, rows, columns): the sum of planes is
    the field, planes above 0 are the masks. The boxes around objects never overlap, and lie inside the field; any place
    that is left for the next object is as likely. Places follow NumPy's global generator. An object without a pixel
    above 0, and objects that do not fit into the field, are a ValueError.

    `size` is the side of the larger image in pixels, or its rows and columns; `gap` pixels stay free between objects.

    Examples
    --------
    >>> particles = np.ones((16, 3, 5, 5), dtype=np.float32)  # three in each of 16 fields
    >>> planes = Field(size=64)(particles)
    >>> planes.shape, planes.sum(axis=1).max()
    ((16, 3, 64, 64), np.float32(1.0))
    """

    def __init__(self, size: int | tuple[int, int] = 64, gap: int = 1, **kwargs: Any) -> None:
        super().__init__(size=size, gap=gap, **kwargs)

    def get(
        self, image: np.ndarray | torch.Tensor, size: int | tuple[int, int], gap: int, **kwargs: Any
    ) -> np.ndarray | torch.Tensor:
        """Put objects (H, W), (B, H, W) or (B, K, H, W) into fields; H and W become the size of the field."""
        if image.ndim not in (2, 3, 4):
            raise ValueError(f"image has the shape {tuple(image.shape)}; expected (H, W), (B, H, W) or (B, K, H, W)")
        objects = image if isinstance(image, torch.Tensor) else torch.tensor(image)
        *lead, height, width = objects.shape
        rows, columns = (size, size) if np.ndim(size) == 0 else size
        per_field = lead[1] if len(lead) == 2 else 1
        objects = objects.reshape(-1, height, width)
        boxes = _boxes(objects > 0).reshape(-1, per_field, 2, 2)  # (B, K, first and last, row and column)
        corners = _places(boxes, np.array([rows, columns]), gap).reshape(-1, 2)
        # A margin of the size of an object takes its empty border where the border lies outside the field.
        wide = columns + 2 * width
        fields = objects.new_zeros(len(objects), (rows + 2 * height) * wide)
        first = torch.from_numpy((corners[:, 0] + height) * wide + corners[:, 1] + width).to(objects.device)
        pixel = torch.arange(height)[:, None] * wide + torch.arange(width)
        fields.scatter_(1, first[:, None] + pixel.ravel().to(objects.device), objects.flatten(1))
        fields = fields.view(*lead, rows + 2 * height, wide)[..., height:-height, width:-width].contiguous()
        return fields if isinstance(image, torch.Tensor) else fields.numpy()


def _boxes(ink: torch.Tensor) -> np.ndarray:
    """Find the first and the last row and column of each object, and one more: (N, first and end, row and column)."""
    sides = []
    for axis in (2, 1):
        line = ink.any(dim=axis).cpu().numpy()  # (N, H), then (N, W)
        if not line.any(axis=1).all():
            empty = int(np.argmin(line.any(axis=1)))
            raise ValueError(
                f"object {empty} has no pixel above 0; expected at least one in each of {len(ink)} objects of "
                f"{ink.shape[1]} x {ink.shape[2]} pixels"
            )
        sides.append([line.argmax(axis=1), line.shape[1] - line[:, ::-1].argmax(axis=1)])
    return np.moveaxis(np.array(sides), -1, 0).swapaxes(1, 2)


def _places(boxes: np.ndarray, size: np.ndarray, gap: int) -> np.ndarray:
    """Draw where the first pixel of each object comes to lie: (B, K, row and column)."""
    extent = boxes[:, :, 1] - boxes[:, :, 0]
    if (extent > size).any():
        largest = extent.reshape(-1, 2).max(axis=0)
        raise ValueError(
            f"objects have up to {largest[0]} x {largest[1]} pixels; expected at most {size[0]} x {size[1]}"
        )
    start = np.empty_like(extent)
    pending, overlap = np.arange(len(boxes)), None
    for attempt in range(ATTEMPTS):
        # Objects move that overlap an earlier one; now and then all, since the earlier ones may leave no room.
        moves = overlap if attempt % FRESH else np.ones(extent[pending].shape[:2], bool)
        places = start[pending]
        places[moves] = np.random.randint(size - extent[pending][moves] + 1)
        start[pending] = places
        end = places + extent[pending] + gap
        apart = (places[:, :, None] >= end[:, None]).any(axis=-1)  # (B, K, K): one begins where the other has ended
        overlap = np.tril(~(apart | apart.swapaxes(1, 2)), -1).any(axis=2)  # (B, K)
        crowded = overlap.any(axis=1)
        pending, overlap = pending[crowded], overlap[crowded]
        if not len(pending):
            return start - boxes[:, :, 0]
    raise ValueError(
        f"no places were found for {boxes.shape[1]} objects in a field of {size[0]} x {size[1]} pixels; "
        "expected fewer objects or a larger field"
    )
