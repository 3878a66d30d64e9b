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

"""Numbers of reference frames of H.264, in whole and invalid streams."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest

from pose_tracking_ros.video.frame_numbers import FrameNumbers
from video.video_messages import encode, textured_images

START = b'\0\0\1'


@pytest.mark.parametrize('codec', ['h264', 'h264 with B-frames'])
def test_a_stream_has_a_gap_where_a_reference_frame_is_missing(codec):
    packets = encode(textured_images(24), codec, gop=12)
    numbers = FrameNumbers()
    assert not any(numbers.is_gap_before(packet) for packet in packets)
    references = [i for i, packet in enumerate(packets) if packet[packet.index(START) + 3] & 0x60]
    for lost in references[1:8]:
        numbers = FrameNumbers()
        gaps = [numbers.is_gap_before(packet) for packet in packets[:lost] + packets[lost + 1 :]]
        assert gaps.index(True) == lost


@given(parameters=st.binary(max_size=30), picture=st.binary(max_size=30))
def test_any_bytes_are_read_with_little_memory(parameters, picture):
    numbers = FrameNumbers()
    for _ in range(2):
        numbers.is_gap_before(START + b'\x67' + parameters + START + b'\x61' + picture)
