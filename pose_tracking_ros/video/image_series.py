# Copyright 2026 The pose_tracking_ros authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Image files as a video: a folder of numbered images, or a single image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
import re
from types import SimpleNamespace

import numpy as np

from pose_tracking_ros.image_decoding import (
    decode_compressed_image,
    ImageDecodingError,
    MAX_IMAGE_PIXELS,
)
from pose_tracking_ros.missing_content import missing_content
from pose_tracking_ros.video.frames import Decode, VideoError

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm')

DEFAULT_RATE = 30.0
"""Default images per second."""

_NUMBERED = re.compile(r'(.*?)(\d+)')

_DIGITS_OF_A_STAMP = 16
"""Digits from which on a number is a time in nanoseconds, as in the data sets of EuRoC."""


class ImageSeries:
    """
    Numbered images in a folder, one after the other, or a single image.

    An image has the time that its number gives at a rate: where a number is missing, there is a
    gap. Numbers of 16 digits and more are times in nanoseconds.

    :param path: the folder or the image
    :param rate: numbers per second
    :param max_pixels: maximum number of pixels of an image
    :raises VideoError: if there is no such series, or none of its images can be decoded
    """

    def __init__(
        self, path: Path, rate: float = DEFAULT_RATE, max_pixels: int = MAX_IMAGE_PIXELS
    ) -> None:
        self.damage = ''
        self.rate = rate
        self._max_pixels = max_pixels
        self._images = [(0, path)] if path.is_file() else _series(path, rate)
        self._first_error = ''
        first = next(self._decodable(), None)
        if first is None:
            raise VideoError(
                f'{path} holds no image that can be decoded (first: {self._first_error})'
            )
        self.size = first.shape[1], first.shape[0]

    @property
    def expected_frames(self) -> int:
        """Return the number of images."""
        return len(self._images)

    def frames(self) -> Iterator[tuple[int, Decode]]:
        """Yield the time of each image in nanoseconds, and the image."""
        for position_ns, path in self._images:
            yield position_ns, partial(_decode, path, self._max_pixels)

    def _decodable(self) -> Iterator[np.ndarray]:
        for _, path in self._images:
            try:
                yield _decode(path, self._max_pixels)
            except ImageDecodingError as error:
                self._first_error = self._first_error or str(error)


def series_prefixes(names: Iterable[str]) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """
    Return the series of images among the files of a folder.

    :param names: of the files
    :returns: by the prefix and suffix of the names in a series: the number and name of each
        image, by their numbers; a series has two images or more
    """
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for name in names:
        path = Path(name)
        numbered = _NUMBERED.fullmatch(path.stem)
        if numbered and path.suffix.lower() in IMAGE_SUFFIXES:
            series = found.setdefault((numbered[1], path.suffix.lower()), [])
            series.append((int(numbered[2]), name))
    return {key: sorted(series) for key, series in found.items() if len(series) > 1}


def _series(folder: Path, rate: float) -> list[tuple[int, Path]]:
    """Return the times in nanoseconds and the paths of the only series in a folder."""
    found = series_prefixes(item.name for item in folder.iterdir())
    if not found:
        raise VideoError(f'{folder} holds no numbered images')
    if len(found) > 1:
        names = ', '.join(sorted(series[0][1] for series in found.values()))
        raise VideoError(
            f'{folder} holds several series of images, which begin with {names}: put each into a '
            'folder of its own'
        )
    (series,) = found.values()
    first = series[0][0]
    is_time = len(str(first)) >= _DIGITS_OF_A_STAMP
    period_ns = 1 if is_time else 1e9 / rate
    return [(round((number - first) * period_ns), folder / name) for number, name in series]


def _decode(path: Path, max_pixels: int) -> np.ndarray:
    """Return an image, upright, uint8 (H, W, 3) BGR; raise an ImageDecodingError if that fails."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImageDecodingError('unreadable', f'{path.name}: {error.strerror}') from error
    reason = missing_content(content, 'an image')
    if reason:
        raise ImageDecodingError('format', f'{path.name} {reason}')
    try:
        message = SimpleNamespace(format=path.suffix[1:], data=content)
        rgb = decode_compressed_image(message, max_pixels)
    except ImageDecodingError as error:
        raise ImageDecodingError(error.reason, f'{path.name}: {error}') from error
    return np.ascontiguousarray(rgb[:, :, ::-1])
