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

"""Packets of video become images from the first key frame on; what is lost is reported."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.image_decoding import ImageDecodingError
from pose_tracking_ros.video.packets import NO_KEY_FRAME, PacketDecoder
from video.video_messages import (
    CODECS,
    encode,
    ffmpeg_message,
    foxglove_message,
    GOP,
    number_of,
    textured_images,
)

each_codec = pytest.mark.parametrize('codec', CODECS)


def decode_all(decoder: PacketDecoder, packets, codec='h264', make=foxglove_message) -> list:
    """Return what became of packets; each comes with its number."""
    done = []
    for number, data in packets:
        done += decoder.decode(make(data, codec), number)
    return done + decoder.finish()


def images_of(decoder: PacketDecoder, done: list) -> list[np.ndarray]:
    return [decoder.rgb(item) for item in done if item.frame is not None]


def reasons(done: list) -> dict[int, str]:
    return {item.item: item.problem.reason for item in done if item.problem is not None}


@each_codec
@pytest.mark.parametrize('make', [foxglove_message, ffmpeg_message])
def test_packets_become_their_images_in_the_order_in_which_they_are_shown(codec, make):
    images, decoder = textured_images(), PacketDecoder()
    done = decode_all(decoder, enumerate(encode(images, codec)), codec, make)
    decoded = images_of(decoder, done)
    assert [number_of(image) for image in decoded] == list(range(len(images)))
    assert not any(item.is_damaged for item in done)
    for image, original in zip(decoded, images):
        assert np.abs(image[:, :, ::-1].astype(int) - original).mean() < 15


@pytest.mark.parametrize('codec', ['h264', 'h265'])
def test_without_reordering_each_image_is_known_with_its_packet(codec):
    decoder = PacketDecoder()
    for number, data in enumerate(encode(textured_images(), codec)):
        (decoded,) = decoder.decode(foxglove_message(data, codec), number)
        assert decoded.item == number
        assert number_of(decoder.rgb(decoded)) == number


@each_codec
def test_packets_before_the_first_key_frame_are_reported_and_those_behind_it_decoded(codec):
    packets = list(enumerate(encode(textured_images(3 * GOP), codec)))[2:]
    decoder = PacketDecoder()
    done = decode_all(decoder, packets, codec)
    before = [number for number, reason in reasons(done).items() if reason == NO_KEY_FRAME]
    assert before == list(range(2, 2 + len(before)))
    assert 0 < len(before) < GOP
    shown = [number_of(image) for image in images_of(decoder, done)]
    assert shown[-GOP:] == list(range(2 * GOP, 3 * GOP))


@each_codec
@pytest.mark.parametrize('damage', ['cut off', 'junk', 'empty'])
def test_a_damaged_packet_is_reported_and_what_it_smears_up_to_the_next_key_frame(codec, damage):
    packets = list(enumerate(encode(textured_images(3 * GOP), codec)))
    number, data = packets[3]
    packets[3] = number, {'cut off': data[: len(data) // 3], 'junk': b'no video', 'empty': b''}[
        damage
    ]
    decoder = PacketDecoder()
    done = decode_all(decoder, packets, codec)
    touched = {item.item for item in done if item.problem is not None or item.is_damaged}
    assert 3 in touched
    assert NO_KEY_FRAME not in reasons(done).values()
    shown = [number_of(image) for image in images_of(decoder, done)]
    assert shown[-GOP:] == list(range(2 * GOP, 3 * GOP))
    assert not any(item.is_damaged for item in done[-GOP // 2 :])


@each_codec
@pytest.mark.parametrize('lost', [*range(1, 2 * GOP), (2, GOP + 1)], ids=str)
def test_frames_that_miss_a_lost_packet_are_damaged(codec, lost):
    packets = list(enumerate(encode(textured_images(3 * GOP), codec)))
    decoder = PacketDecoder()
    whole = {item.item: decoder.rgb(item) for item in decode_all(decoder, packets, codec)}
    arrived = [packet for packet in packets if packet[0] not in np.atleast_1d(lost)]
    done = decode_all(decoder, arrived, codec)
    assert [item.item for item in sorted(done, key=lambda item: item.item)] == [
        number for number, _ in arrived
    ]
    for item in done:
        if not item.is_damaged and item.frame is not None:
            np.testing.assert_array_equal(decoder.rgb(item), whole[item.item])


@pytest.mark.parametrize('codec', ['h264', 'h264 with B-frames'])
def test_a_damaged_frame_of_h264_is_marked(codec):
    packets = list(enumerate(encode(textured_images(GOP, 320, 240), codec)))
    number, data = packets[1]
    damaged = data[: len(data) // 2] + bytes(8) + data[len(data) // 2 + 8 :]
    done = decode_all(PacketDecoder(), [packets[0], (number, damaged), *packets[2:]], codec)
    assert {item.item: item.is_damaged for item in done}[number]


def test_the_size_may_change_at_a_key_frame():
    decoder = PacketDecoder()
    packets = encode(textured_images(GOP)) + encode(textured_images(GOP, 96, 64))
    done = decode_all(decoder, enumerate(packets))
    shapes = [image.shape for image in images_of(decoder, done)]
    assert shapes == GOP * [(48, 64, 3)] + GOP * [(64, 96, 3)]


def test_a_topic_may_go_over_to_the_other_codec():
    decoder = PacketDecoder()
    done = []
    for codec in ('h264 with B-frames', 'h265'):
        for data in encode(textured_images(GOP), codec):
            done += decoder.decode(foxglove_message(data, codec), codec)
    done += decoder.finish()
    assert [number_of(image) for image in images_of(decoder, done)] == 2 * list(range(GOP))


@pytest.mark.parametrize(
    'encoding',
    ['libx264', 'h264_nvenc', 'h264;yuv420p;bgr8;bgr8', 'avc', 'h264_vaapi'],
)
def test_encoders_are_known_by_their_names(encoding):
    data = encode(textured_images(1))[0]
    (done,) = PacketDecoder().decode(ffmpeg_message(data, encoding=encoding), 0)
    assert done.frame is not None


@pytest.mark.parametrize('encoding', ['vp9', 'av1', 'mjpeg', '?' * 1000])
def test_other_codecs_are_refused_with_those_that_are_accepted(encoding):
    (done,) = PacketDecoder().decode(ffmpeg_message(b'data', encoding=encoding), 0)
    assert done.problem.reason == 'encoding'
    assert 'accepted are h264 and h265' in str(done.problem)
    assert len(str(done.problem)) < 150


@pytest.mark.parametrize('codec', ['h264', 'h265'])
def test_larger_frames_than_allowed_are_refused(codec):
    decoder = PacketDecoder(max_pixels=64 * 48 - 1)
    done = decode_all(decoder, enumerate(encode(textured_images(), codec)), codec)
    assert len(done) == 2 * GOP
    assert not any(item.frame for item in done)
    with pytest.raises(ImageDecodingError, match=r'up to 3071 pixels \(max_image_pixels\)'):
        decoder.rgb(done[0])


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_comes_each_packet_is_accounted_for_once(data):
    codec = data.draw(st.sampled_from(CODECS))
    packets = [bytearray(packet) for packet in _PACKETS[codec]]
    for _ in range(data.draw(st.integers(0, 8))):
        packet = data.draw(st.sampled_from(packets))
        if packet:
            place = data.draw(st.integers(0, len(packet) - 1))
            packet[place:] = data.draw(st.binary(max_size=3)) + packet[place + 1 :]
    order = data.draw(st.lists(st.integers(0, len(packets) - 1), max_size=20))
    decoder = PacketDecoder(max_pixels=10_000)
    sent = [(number, bytes(packets[index])) for number, index in enumerate(order)]
    done = decode_all(decoder, sent, codec)
    assert sorted(item.item for item in done) == list(range(len(order)))
    for item in done:
        assert (item.frame is None) == (item.problem is not None)
        if item.frame is not None:
            assert decoder.rgb(item).shape[2] == 3


_PACKETS = {codec: encode(textured_images(), codec) for codec in CODECS}
