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

"""Decompression in pieces, up to a limit."""

from __future__ import annotations

import bz2
from collections.abc import Iterable
from io import BytesIO

from backports import zstd
from hypothesis import given, settings, strategies
import lz4.frame
import pytest

from pose_tracking_ros.replay.inputs.decompression import (
    decompressed,
    decompressed_pieces,
    DecompressionError,
    file_limit,
    MAX_CHUNK,
    MAX_MESSAGE,
    read_pieces,
)
from pose_tracking_ros.replay.inputs.reading import ReadingStopped

COMPRESS = {'bz2': bz2.compress, 'lz4': lz4.frame.compress, 'zstd': zstd.compress}
MIB = 1 << 20
compressions = strategies.sampled_from(list(COMPRESS))


def plain(compression: str, data: bytes, limit: int = MIB) -> bytes:
    return decompressed(compression, read_pieces(BytesIO(data)), limit, lambda: None)


@given(compressions, strategies.lists(strategies.binary(max_size=300), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_consecutive_streams_are_decompressed_completely(compression, parts):
    data = b''.join(map(COMPRESS[compression], parts))
    assert plain(compression, data) == b''.join(parts)


@given(compressions, strategies.binary(min_size=1, max_size=300), strategies.data())
@settings(max_examples=60, deadline=None)
def test_truncated_stream_is_an_error(compression, content, data):
    whole = COMPRESS[compression](content)
    length = data.draw(strategies.integers(1, len(whole) - 1))
    with pytest.raises(DecompressionError):
        plain(compression, whole[:length])


@given(compressions, strategies.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_invalid_stream_is_an_error(compression, data):
    with pytest.raises(DecompressionError):
        plain(compression, b'no' + data)


@pytest.mark.parametrize('compression', COMPRESS)
def test_output_is_limited(compression):
    bomb = COMPRESS[compression](bytes(64 * MIB))
    assert len(plain(compression, bomb, 64 * MIB)) == 64 * MIB
    sizes = []
    pieces = decompressed_pieces(compression, read_pieces(BytesIO(bomb)), 8 * MIB, lambda: None)
    with pytest.raises(DecompressionError, match='more than 8 MiB'):
        note_sizes(pieces, sizes)
    assert 7 * MIB <= sum(sizes) <= 8 * MIB
    assert max(sizes) <= MIB


def note_sizes(pieces: Iterable[bytes], sizes: list[int]) -> None:
    for piece in pieces:
        sizes.append(len(piece))


@pytest.mark.parametrize('compression', COMPRESS)
def test_work_ends_in_the_middle_of_a_stream_on_a_stop_request(compression):
    bomb = COMPRESS[compression](bytes(64 * MIB))
    asked = iter(range(4))

    def check() -> None:
        if next(asked, None) is None:
            raise ReadingStopped

    pieces = decompressed_pieces(compression, read_pieces(BytesIO(bomb)), 64 * MIB, check)
    assert len(b''.join(next(pieces) for _ in range(4))) == 4 * MIB
    with pytest.raises(ReadingStopped):
        next(pieces)


def test_unknown_compression_is_an_error():
    with pytest.raises(DecompressionError, match="'lzma', is unknown"):
        plain('lzma', b'data')


def test_limits_leave_room_for_images_of_8k():
    image = 7680 * 4320 * 4 * 2
    assert image < MAX_MESSAGE < MAX_CHUNK
    # Such images of a camera, compressed to a hundredth.
    assert file_limit(image) > 100 * image
