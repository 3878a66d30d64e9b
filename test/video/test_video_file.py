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

from fractions import Fraction
import gc
import os
from pathlib import Path
import struct

import av
import cv2
import numpy as np
import pytest

from pose_tracking_ros.image_decoding import ImageDecodingError
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.frames import VideoError
from pose_tracking_ros.video.source import VideoSource
from pose_tracking_ros.video.video_file import CONTAINERS, VIDEO_SUFFIXES
from video.clips import grey_images, noise_images, numbers, PERIOD_NS, turn, watched, write_clip

WRITTEN = {
    '.mp4': ('libx264', {}),
    '.m4v': ('libx264', {}),
    '.mov': ('libx264', {}),
    '.3gp': ('mpeg4', {}),
    '.3g2': ('mpeg4', {}),
    '.mkv': ('libx265', {}),
    '.webm': ('libvpx-vp9', {}),
    '.avi': ('mpeg4', {}),
    '.ts': ('libx264', {}),
    '.mts': ('libx264', {'container_format': 'mpegts'}),
    '.m2ts': ('libx264', {'container_format': 'mpegts'}),
    '.mpg': ('mpeg2video', {}),
    '.mpeg': ('mpeg2video', {}),
    '.vob': ('mpeg2video', {}),
    '.m2v': ('mpeg2video', {}),
    '.flv': ('flv1', {'container_format': 'flv'}),
    '.wmv': ('wmv2', {}),
    '.asf': ('wmv2', {}),
    '.mxf': ('mpeg2video', {}),
    '.nut': ('mpeg4', {}),
    '.ivf': ('libvpx', {}),
    '.gif': ('gif', {'pixel_format': 'rgb8'}),
    '.apng': ('apng', {'pixel_format': 'rgb24'}),
    '.mjpeg': ('mjpeg', {'pixel_format': 'yuvj420p'}),
    '.h264': ('libx264', {}),
    '.264': ('libx264', {'container_format': 'h264'}),
    '.hevc': ('libx265', {}),
    '.h265': ('libx265', {'container_format': 'hevc'}),
}
"""Codec and options of a video of each kind that PyAV can write."""


def read(path):
    """Return the source of a video after all its frames, its images and its stamps."""
    with VideoSource(path) as source:
        frames = [(frame.image, frame.stamp_ns) for frame in source]
    images, stamps = zip(*frames)
    return source, list(images), list(stamps)


@pytest.mark.parametrize('suffix', WRITTEN)
def test_every_kind_of_file_is_read_whole(suffix, tmp_path):
    codec, options = WRITTEN[suffix]
    path = write_clip(tmp_path / f'clip{suffix}', grey_images(), codec, **options)
    source, images, stamps = read(path)
    assert numbers(images) == list(range(12))
    np.testing.assert_allclose(stamps, np.arange(12) * PERIOD_NS, atol=1_000_000)
    assert (source.width, source.height, source.damage) == (64, 48, '')


def test_av1_is_decoded(tmp_path):
    path = write_clip(tmp_path / 'clip.webm', grey_images(), 'libsvtav1')
    assert numbers(read(path)[1]) == list(range(12))


def test_the_kinds_that_are_reported_are_demuxers_of_ffmpeg():
    known = {name for names in av.formats_available for name in names.split(',')}
    assert set(CONTAINERS) <= known
    assert set(WRITTEN) <= set(VIDEO_SUFFIXES)


@pytest.mark.parametrize(
    ('matrix', 'place'),
    [
        pytest.param((1, 0, 0, 1), (0, 0), id='upright'),
        pytest.param((0, 1, -1, 0), (0, 1), id='stored a quarter turn to the left'),
        pytest.param((-1, 0, 0, -1), (1, 1), id='upside down'),
        pytest.param((0, -1, 1, 0), (1, 0), id='stored a quarter turn to the right'),
        pytest.param((-1, 0, 0, 1), (0, 1), id='mirrored'),
        pytest.param((1, 0, 0, -1), (1, 0), id='mirrored upside down'),
        pytest.param((0, 1, 1, 0), (0, 0), id='transposed'),
        pytest.param((0, -1, -1, 0), (1, 1), id='transposed the other way'),
    ],
)
def test_frames_are_turned_as_players_turn_them(matrix, place, tmp_path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32] = 250  # The top left quarter, as it is stored.
    path = turn(write_clip(tmp_path / 'phone.mp4', [image] * 3), matrix)
    source, images, _ = read(path)
    height, width = (48, 64) if matrix[0] else (64, 48)
    assert (source.width, source.height) == (width, height)
    for shown in images:
        assert shown.shape == (height, width, 3)
        quarters = shown.reshape(2, height // 2, 2, width // 2, 3).mean((1, 3, 4)) > 128
        assert quarters[place]
        assert quarters.sum() == 1


@pytest.mark.parametrize(
    ('pixel_aspect', 'matrix', 'size'),
    [
        (Fraction(4, 3), (1, 0, 0, 1), (96, 54)),
        (Fraction(3, 4), (1, 0, 0, 1), (72, 72)),
        (Fraction(4, 3), (0, 1, -1, 0), (54, 96)),
        (Fraction(1, 1), (1, 0, 0, 1), (72, 54)),
    ],
)
def test_pixels_become_square_and_none_is_lost(pixel_aspect, matrix, size, tmp_path):
    images = grey_images(3, 72, 54)
    path = turn(write_clip(tmp_path / 'wide.mp4', images, pixel_aspect=pixel_aspect), matrix)
    source, shown, _ = read(path)
    assert (source.width, source.height) == size
    assert {image.shape for image in shown} == {(size[1], size[0], 3)}
    assert numbers(shown) == [0, 1, 2]


def test_square_pixels_keep_the_shape_of_what_is_shown(tmp_path):
    image = np.zeros((120, 160, 3), np.uint8)
    cv2.circle(image, (80, 60), 40, (255, 255, 255), -1)
    squeezed = cv2.resize(image, (120, 120), interpolation=cv2.INTER_AREA)
    path = write_clip(tmp_path / 'hdv.mkv', [squeezed], pixel_aspect=Fraction(4, 3), crf='1')
    _, (shown,), _ = read(path)
    rows, columns = np.nonzero(shown[:, :, 0] > 127)
    assert abs((np.ptp(columns) + 1) - (np.ptp(rows) + 1)) <= 1


def test_lossless_pixels_come_as_they_were(tmp_path):
    images = noise_images(4)
    _, shown, _ = read(write_clip(tmp_path / 'clip.mkv', images, 'ffv1', 'bgr0'))
    np.testing.assert_array_equal(shown, images)


def test_colours_are_those_of_opencv_whatever_the_file_tells(tmp_path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :20], image[:, 20:40], image[:, 40:] = (200, 30, 40), (40, 210, 50), (60, 70, 220)
    path = tmp_path / 'bt709.mp4'
    with AnnotatedVideo(path, 25) as video:
        video.write(image, 0)
    _, (shown,), _ = read(path)
    np.testing.assert_array_equal(shown, cv2.VideoCapture(str(path)).read()[1])


@pytest.mark.parametrize('suffix', ['.mp4', '.mkv', '.ts', '.flv'])
@pytest.mark.parametrize('start_ms', [0, 1500])
def test_stamps_begin_with_the_first_frame_and_keep_an_uneven_rate(suffix, start_ms, tmp_path):
    times = [start_ms + 40 * index + 200 * (index // 4) for index in range(12)]
    path = write_clip(tmp_path / f'late{suffix}', grey_images(), times=times)
    source, images, stamps = read(path)
    assert numbers(images) == list(range(12))
    np.testing.assert_allclose(
        stamps, (np.array(times) - start_ms) * 1_000_000, atol=1_000_000
    )
    assert source.damage == ''


def test_frames_that_an_edit_list_hides_are_neither_shown_nor_missed(tmp_path):
    path = write_clip(
        tmp_path / 'cut.mp4', grey_images(), times=[40 * index - 200 for index in range(12)],
        container_options={'avoid_negative_ts': 'disabled'},
    )
    source, images, stamps = read(path)
    assert numbers(images) == list(range(5, 12))
    assert source.expected_frames == 7
    assert stamps[:2] == [0, 40_000_000]
    assert source.damage == ''


def test_an_end_that_an_edit_list_cuts_off_is_neither_shown_nor_missed(tmp_path):
    path = write_clip(tmp_path / 'trimmed.mp4', grey_images(), g='3')
    data = bytearray(path.read_bytes())
    # Behind the type: version and flags, number of entries, then the length in milliseconds.
    struct.pack_into('>I', data, data.index(b'elst') + 12, 6 * 40)
    path.write_bytes(data)
    source, images, _ = read(path)
    assert numbers(images) == list(range(6))
    assert source.damage == ''


@pytest.mark.parametrize(
    ('suffix', 'codec', 'options'),
    [
        ('.mp4', 'libx264', {'g': '1000', 'bf': '0'}),
        ('.mkv', 'libx264', {'g': '1'}),
        ('.ts', 'libx264', {'g': '1'}),
        ('.ts', 'mpeg2video', {}),
        ('.mp4', 'mpeg4', {}),
        ('.avi', 'mjpeg', {'pixel_format': 'yuvj420p'}),
        ('.wmv', 'wmv2', {}),
        ('.flv', 'flv1', {}),
    ],
)
def test_damage_is_reported_and_the_frames_behind_it_continue(suffix, codec, options, tmp_path):
    path = write_clip(tmp_path / f'clip{suffix}', noise_images(), codec, **options)
    _, whole, _ = read(path)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    path.write_bytes(data)
    source, images, stamps = read(path)
    assert 22 <= len(images) <= 24
    assert 'has damaged or missing frames: ' in source.damage
    first = float(source.damage.partition('first at ')[2].partition(' s')[0])
    assert first < 0.96
    for stamp, image in zip(stamps, images):
        if stamp / 1e9 < first - 0.001:
            np.testing.assert_array_equal(image, whole[round(stamp / PERIOD_NS)])


DAMAGED = {
    'h264': ('.mkv', 'libx264', {}),
    'hevc': ('.mkv', 'libx265', {'x265-params': 'log-level=none'}),
    'vp8': ('.webm', 'libvpx', {}),
    'vp9': ('.webm', 'libvpx-vp9', {}),
    'av1': ('.mp4', 'libsvtav1', {}),
    'gif': ('.gif', 'gif', {'pixel_format': 'rgb8'}),
    'apng': ('.apng', 'apng', {'pixel_format': 'rgb24'}),
    'ffv1': ('.mkv', 'ffv1', {}),
    'mjpeg': ('.avi', 'mjpeg', {'pixel_format': 'yuvj420p'}),
    'mpeg2': ('.ts', 'mpeg2video', {}),
    'mpeg4': ('.avi', 'mpeg4', {}),
    'flv1': ('.flv', 'flv1', {}),
    'wmv2': ('.wmv', 'wmv2', {}),
}


@pytest.mark.parametrize('codec', DAMAGED)
def test_a_hole_and_a_cut_are_reported_in_every_codec(codec, tmp_path):
    suffix, encoder, options = DAMAGED[codec]
    path = write_clip(tmp_path / f'clip{suffix}', noise_images(), encoder, **options)
    whole = path.read_bytes()
    for place in np.random.default_rng(0).integers(len(whole) // 4, len(whole) * 3 // 4, 4):
        for middle in (bytes(300), b''):
            path.write_bytes(whole[:place] + middle + whole[place + 300 :])
            try:
                assert read(path)[0].damage, f'{len(middle)} bytes at {place}'
            except VideoError:
                continue  # It is refused.


def test_a_damaged_video_is_closed_while_its_decoder_logs_errors(tmp_path):
    path = write_clip(tmp_path / 'clip.mkv', noise_images(), 'libx265', **DAMAGED['hevc'][2])
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 4, len(data), 2000):
        data[place : place + 8] = bytes(8)
    path.write_bytes(data)
    for count in range(12):
        frames = iter(VideoSource(path))
        for _ in range(count):
            next(frames, None)
        frames.close()


@pytest.mark.parametrize(
    ('suffix', 'codec', 'options'),
    [
        ('.avi', 'mpeg4', {}),
        ('.mkv', 'libx264', {}),
        ('.mp4', 'libx264', {'container_options': {'movflags': '+faststart'}}),
        ('.flv', 'flv1', {}),
    ],
)
def test_a_file_that_is_cut_off_tells_what_is_missing(suffix, codec, options, tmp_path):
    path = write_clip(tmp_path / f'clip{suffix}', noise_images(48), codec, **options)
    os.truncate(path, path.stat().st_size // 2)
    source, images, _ = read(path)
    assert 10 < len(images) < 30
    assert f'ends after {len(images)} ' in source.damage


def test_a_transport_stream_that_ends_within_a_packet_is_reported(tmp_path):
    path = write_clip(tmp_path / 'clip.ts', noise_images(48), 'libx264')
    os.truncate(path, path.stat().st_size // 188 // 2 * 188 - 60)
    source, images, _ = read(path)
    assert 10 < len(images) < 30
    assert 'is cut off: its last packet is incomplete' in source.damage


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'', 'is empty'),
        (b'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n',
         r'is not a video \(a Git LFS pointer: run git lfs pull\)'),
    ],
)
def test_a_file_without_its_content_is_reported(content, reason, tmp_path):
    path = tmp_path / 'clip.mp4'
    path.write_bytes(content)
    with pytest.raises(VideoError, match=f'clip.mp4 {reason}'):
        VideoSource(path)


def test_a_frame_with_a_side_that_is_too_long_is_rejected_with_the_reason(tmp_path):
    images = [np.zeros((10, 33_000, 3), np.uint8)] * 2
    path = write_clip(tmp_path / 'wide.mkv', images, 'ffv1', 'bgr0')
    with VideoSource(path) as source:
        for frame in source:
            with pytest.raises(ImageDecodingError, match='33000 x 10 pixels is too large'):
                _ = frame.image


@pytest.mark.parametrize('aspect', [(1000, 1), (1, 4_000_000_000), (0, 0)])
def test_a_shape_of_pixels_that_cannot_be_ends_nothing(aspect, tmp_path):
    path = write_clip(tmp_path / 'shape.mp4', grey_images(1), pixel_aspect=Fraction(4, 3))
    data = bytearray(path.read_bytes())
    struct.pack_into('>2I', data, data.index(b'pasp') + 4, *aspect)
    path.write_bytes(data)
    with VideoSource(path) as source:
        (frame,) = source
    if aspect == (1000, 1):
        with pytest.raises(ImageDecodingError, match='64000 x 48 pixels is too large'):
            _ = frame.image
    else:
        assert frame.image.shape in ((48, 64, 3), (48, 85, 3))


PLAYLISTS = {
    'hls': '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n',
    'concat': "ffconcat version 1.0\nfile '{}'\n",
    'dash': '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet '
    'mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL>'
    '</Representation></AdaptationSet></Period></MPD>',
    'sdp': 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96'
    '\na=rtpmap:96 H264/90000\na={}\n',
}


@pytest.mark.parametrize('suffix', ['.mp4', '.m3u8', '.ts', '.mkv', '.avi', ''])
@pytest.mark.parametrize('kind', PLAYLISTS)
@pytest.mark.parametrize('is_absolute', [True, False])
def test_a_playlist_is_no_video_and_nothing_that_it_names_is_opened(
    kind, suffix, is_absolute, tmp_path, monkeypatch
):
    other = write_clip(tmp_path / 'other.avi', grey_images(), 'mpeg4')
    path = tmp_path / f'list{suffix}'
    path.write_text(PLAYLISTS[kind].format(other if is_absolute else other.name))
    monkeypatch.chdir(tmp_path)
    with watched(other) as watch:
        with pytest.raises(VideoError, match='is not a video'):
            VideoSource(path)
        assert not watch.was_opened()
        VideoSource(other)
        assert watch.was_opened(), 'the watch sees it'


@pytest.mark.parametrize(
    'name', [b'a:b.mp4', b'%04d.mp4', b'file:x.mp4', b'concat:a|b.mp4', b'caf\xe9.mp4', b'-.mp4']
)
def test_a_name_is_nothing_but_a_name(name, tmp_path):
    path = write_clip(tmp_path / 'clip.mp4', grey_images())
    renamed = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
    path.rename(renamed)
    assert numbers(read(renamed)[1]) == list(range(12))


def test_frames_that_nobody_needs_are_freed_without_the_garbage_collector(tmp_path):
    path = turn(write_clip(tmp_path / 'clip.mp4', grey_images()), (0, 1, -1, 0))
    gc.collect()
    gc.disable()
    try:
        with VideoSource(path) as source:
            counts = [
                sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())
                for frame in source if frame.image.any()
            ]
    finally:
        gc.enable()
    assert len(counts) == 12
    assert counts[-1] < counts[0] + 8, 'not all of them are kept'


def test_sound_without_pictures_is_no_video(tmp_path):
    path = tmp_path / 'sound.mp4'
    with av.open(str(path), 'w') as file:
        stream = file.add_stream('aac', rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), 'fltp', 'mono')
        frame.sample_rate = 44100
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    with pytest.raises(VideoError, match='it has no video stream'):
        VideoSource(path)


@pytest.mark.parametrize('suffix', ['.mp4', '.mkv', '.avi', '.ts', '.flv', '.wmv', '.nut', '.gif'])
def test_any_damage_leaves_a_file_that_is_refused_or_read(suffix, tmp_path, capfd):
    codec, options = WRITTEN[suffix]
    whole = write_clip(tmp_path / f'clip{suffix}', grey_images(6), codec, **options).read_bytes()
    path = tmp_path / f'damaged{suffix}'
    random = np.random.default_rng(0)
    outcomes = {'refused': 0, 'read': 0, 'rejected': 0}
    capfd.readouterr()
    for _ in range(60):
        data = bytearray(whole)
        for place in random.integers(0, len(data) - 60, random.integers(1, 9)):
            kind = random.integers(3)
            if kind == 0:
                data[place : place + 8] = random.bytes(8)
            elif kind == 1:
                data[place : place + 4] = b'\xff' * 4
            elif len(data) > len(whole) // 2:
                del data[place : place + 20]
        path.write_bytes(data)
        try:
            with VideoSource(path) as source:
                for frame in source:
                    try:
                        assert frame.image.dtype == np.uint8
                        outcomes['read'] += 1
                    except ImageDecodingError:
                        outcomes['rejected'] += 1
        except VideoError:
            outcomes['refused'] += 1
    assert outcomes['refused'] > 0
    assert outcomes['read'] > 0
    assert capfd.readouterr().err == ''
