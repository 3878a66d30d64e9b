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

"""Bags of all kinds, whole, and damaged on purpose."""

from __future__ import annotations

from pathlib import Path
import shutil
import sqlite3

import numpy as np
import pytest
from rosbags.rosbag2 import CompressionMode, StoragePlugin

from pose_tracking_ros.replay.inputs.bag import Bag, BagError
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.images import SourceError, Window
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from replay.recordings import (
    camera_info,
    COMPRESSED,
    compressed_image,
    FIRST_STAMP_NS,
    IMAGE,
    image_entries,
    LATENCY_NS,
    raw_image,
    ROS2,
    stamps,
    TOPIC,
    write_bag,
    write_ros1_bag,
)

ZSTANDARD = bytes.fromhex('28b52ffd')


def read(path: Path, problems: Problems, **options) -> list[tuple[int, np.ndarray]]:
    """Return stamps and pixels, BGR, of the images in a bag."""
    source = BagImages(Bag(path, problems), problems, **options)
    return [(image.stamp_ns, image.decode()[:, :, ::-1]) for image in source.images(Window())]


def check(found: list[tuple[int, np.ndarray]], images: list[np.ndarray]) -> None:
    """Check that images were read whole, in order and with their stamps."""
    assert [stamp for stamp, _ in found] == stamps(len(images))
    for (_, pixels), image in zip(found, images, strict=True):
        np.testing.assert_array_equal(pixels, image)


@pytest.mark.parametrize('storage', list(StoragePlugin), ids=lambda item: item.name)
@pytest.mark.parametrize('compression', list(CompressionMode), ids=lambda item: item.name)
def test_rosbag2_is_read_in_each_storage_and_compression(
    storage, compression, grey, problems, tmp_path
):
    if (storage, compression) == (StoragePlugin.SQLITE3, CompressionMode.STORAGE):
        pytest.skip('SQLite has no compression of its own')
    bag = write_bag(tmp_path / 'bag', image_entries(grey), storage, compression)
    check(read(bag, problems), grey)
    assert list(problems) == []


def test_ros1_bag_is_read(grey, problems, tmp_path):
    check(read(write_ros1_bag(tmp_path / 'walk.bag', grey), problems), grey)
    assert list(problems) == []


@pytest.mark.parametrize('suffix', ['.mcap', '.db3'])
def test_single_file_of_a_rosbag2_is_read(suffix, grey, problems, tmp_path):
    storage = StoragePlugin.MCAP if suffix == '.mcap' else StoragePlugin.SQLITE3
    bag = write_bag(tmp_path / 'bag', image_entries(grey), storage)
    check(read(bag / f'bag{suffix}', problems), grey)


@pytest.fixture
def split_bag(grey, tmp_path) -> Path:
    """Return a bag without metadata in eleven files, whose names sort in another order."""
    whole = tmp_path / 'split'
    whole.mkdir()
    entries = image_entries([*grey, grey[0]])
    for number, entry in enumerate(entries):
        part = write_bag(tmp_path / f'split_{number}', [entry])
        shutil.move(part / f'{part.name}.mcap', whole)
    return whole


def test_split_bag_without_metadata_is_read_in_the_order_of_its_numbers(
    split_bag, grey, problems
):
    check(read(split_bag, problems), [*grey, grey[0]])
    assert [problem.kind for problem in problems] == ['no_metadata']


def test_split_bag_is_read_in_the_order_of_its_metadata(split_bag, grey, problems):
    names = ''.join(f'  - split_{number}.mcap\n' for number in range(11))
    (split_bag / 'metadata.yaml').write_text(
        f'rosbag2_bagfile_information:\n  relative_file_paths:\n{names}'
        '  topics_with_message_count: []\n')
    check(read(split_bag, problems), [*grey, grey[0]])
    assert list(problems) == []


def test_missing_file_of_a_split_bag_is_counted_and_the_others_are_read(
    split_bag, grey, problems
):
    names = ''.join(f'  - split_{number}.mcap\n' for number in range(11))
    (split_bag / 'metadata.yaml').write_text(
        f'rosbag2_bagfile_information:\n  relative_file_paths:\n{names}'
        '  topics_with_message_count: []\n')
    (split_bag / 'split_4.mcap').unlink()
    assert len(read(split_bag, problems)) == 10
    assert problems.count(ProblemKind.MISSING_FILE) == 1
    assert problems.lost_something


@pytest.mark.parametrize(('gone', 'count'), [((), 0), ((4, 5), 1), ((0,), 0), ((0, 3), 0)])
def test_a_gap_between_files_that_are_numbered_from_0_is_reported_without_metadata(
    gone, count, split_bag, problems
):
    (split_bag / 'metadata.yaml').unlink(missing_ok=True)
    for number in gone:
        (split_bag / f'split_{number}.mcap').unlink()
    assert len(read(split_bag, problems)) == 11 - len(gone)
    assert problems.count(ProblemKind.MISSING_FILE) == count


@pytest.mark.parametrize('text', ['', '{', 'rosbag2_bagfile_information: 7', '\0\0'])
def test_broken_metadata_is_reported_and_the_files_are_read(text, grey, problems, tmp_path):
    bag = write_bag(tmp_path / 'bag', image_entries(grey))
    (bag / 'metadata.yaml').write_text(text)
    check(read(bag, problems), grey)
    assert problems.count(ProblemKind.NO_METADATA) == 1
    assert not problems.lost_something


@pytest.fixture
def pictures() -> list[np.ndarray]:
    """Return 40 images of noise: 2.3 MB, which storages keep in several chunks and pages."""
    noise = np.random.default_rng(0)
    return [noise.integers(0, 256, (120, 160, 3), np.uint8) for _ in range(40)]


def cut(path: Path, share: float) -> None:
    """Cut a file off."""
    with path.open('r+b') as file:
        file.truncate(int(path.stat().st_size * share))


@pytest.mark.parametrize(
    'compression', [CompressionMode.NONE, CompressionMode.STORAGE, CompressionMode.FILE],
    ids=lambda item: item.name)
def test_truncated_mcap_gives_the_messages_before_the_end(
    compression, pictures, problems, tmp_path
):
    bag = write_bag(tmp_path / 'bag', image_entries(pictures), compression=compression)
    cut(next(bag.glob('*.mcap*')), 0.7)
    found = read(bag, problems)
    assert 10 < len(found) < 40
    check(found, pictures[:len(found)])
    assert problems.count(ProblemKind.DAMAGED_FILE) == 1


def test_truncated_sqlite_gives_the_messages_before_the_end(pictures, problems, tmp_path):
    bag = write_bag(tmp_path / 'bag', image_entries(pictures), StoragePlugin.SQLITE3)
    cut(bag / 'bag.db3', 0.7)
    found = read(bag, problems)
    assert 20 < len(found) < 40
    check(found, pictures[:len(found)])
    assert problems.count(ProblemKind.DAMAGED_FILE) == 1


def test_truncated_ros1_bag_gives_the_messages_before_the_end(pictures, problems, tmp_path):
    bag = write_ros1_bag(tmp_path / 'cut.bag', pictures)
    cut(bag, 0.7)
    found = read(bag, problems)
    assert 20 < len(found) < 40
    check(found, pictures[:len(found)])
    assert problems.count(ProblemKind.DAMAGED_FILE) == 1


def test_damage_in_the_middle_of_an_mcap_loses_only_the_damaged_part(pictures, problems, tmp_path):
    bag = write_bag(
        tmp_path / 'bag', image_entries(pictures), compression=CompressionMode.STORAGE)
    file = bag / 'bag.mcap'
    content = file.read_bytes()
    second_chunk = content.index(ZSTANDARD, content.index(ZSTANDARD) + 1)
    file.write_bytes(content[:second_chunk] + bytes(2000) + content[second_chunk + 2000:])
    found = dict(read(bag, problems))
    assert 15 < len(found) < 40
    assert {stamps(40)[0], stamps(40)[-1]} < set(found)
    for stamp, image in zip(stamps(40), pictures, strict=True):
        if stamp in found:
            np.testing.assert_array_equal(found[stamp], image)
    assert problems.count(ProblemKind.DAMAGED_CHUNK) == 1


@pytest.mark.parametrize('name', ['a.mcap', 'a.db3', 'a.bag', 'a.mcap.zstd', 'a.db3.zst'])
@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'', 'is empty'),
        (b'this is no bag' * 100, 'is not an? '),
        (b'x' * 13 + bytes(100), 'is not an? '),
        (b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n',
         r'is not an? .* \(a Git LFS pointer: run git lfs pull\)'),
    ], ids=['empty', 'text', 'records without fields', 'pointer'])
def test_file_that_is_not_a_bag_is_named(name, content, reason, problems, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BagError, match=f'{name} {reason}'):
        read(tmp_path / name, problems)
    assert problems.count(ProblemKind.DAMAGED_FILE) == 1


def test_folder_without_files_of_a_bag_is_an_error(problems, tmp_path):
    with pytest.raises(BagError, match=r'no \.mcap'):
        Bag(tmp_path, problems)


@pytest.mark.parametrize('data', [b'', b'\0\1', bytes(64), b'\xff' * 90])
def test_message_that_is_no_image_is_counted_and_left_out(data, grey, problems, tmp_path):
    entries = image_entries(grey)
    entries[3] = (*entries[3][:3], data)
    found = read(write_bag(tmp_path / 'bag', entries), problems)
    assert [stamp for stamp, _ in found] == [*stamps(10)[:3], *stamps(10)[4:]]
    assert problems.count(ProblemKind.UNREADABLE_MESSAGE) == 1
    assert problems.lost_something


def test_compressed_images_are_read(grey, problems, tmp_path):
    entries = [
        ('/camera/compressed', COMPRESSED, stamp, compressed_image(image, stamp))
        for image, stamp in zip(grey, stamps(10))
    ]
    check(read(write_bag(tmp_path / 'bag', entries), problems), grey)


def test_old_sqlite_without_definitions_is_read(grey, problems, tmp_path):


    bag = write_bag(tmp_path / 'bag', image_entries(grey), StoragePlugin.SQLITE3)
    database = sqlite3.connect(bag / 'bag.db3')
    database.executescript('DROP TABLE message_definitions; DROP TABLE schema;')
    database.close()
    check(read(bag, problems), grey)


def test_messages_in_the_log_of_a_killed_recorder_are_read(grey, problems, tmp_path):
    bag = write_bag(tmp_path / 'bag', image_entries(grey[:4]), StoragePlugin.SQLITE3)
    recorder = sqlite3.connect(bag / 'bag.db3')
    recorder.execute('PRAGMA journal_mode = WAL')
    for _, _, received_ns, data in image_entries(grey)[4:]:
        recorder.execute(
            'INSERT INTO messages (topic_id, timestamp, data) VALUES (1, ?, ?)',
            (received_ns, data))
    recorder.commit()
    killed = shutil.copytree(bag, tmp_path / 'killed')
    recorder.close()
    before = {path.name: path.read_bytes() for path in killed.iterdir()}
    check(read(killed, problems), grey)
    assert {path.name: path.read_bytes() for path in killed.iterdir()} == before


def log_of_a_killed_recorder(grey, tmp_path: Path) -> Path:
    """Return a bag with a log in which the frames of an earlier time stand behind the last."""
    entries = image_entries(grey)
    bag = write_bag(tmp_path / 'bag', entries[:1], StoragePlugin.SQLITE3)
    recorder = sqlite3.connect(bag / 'bag.db3')
    recorder.execute('PRAGMA journal_mode = WAL')
    for part in (entries[1:-1], entries[-1:]):
        recorder.executemany(
            'INSERT INTO messages (topic_id, timestamp, data) VALUES (1, ?, ?)',
            [(received_ns, data) for _, _, received_ns, data in part])
        recorder.commit()
        if part[-1] is not entries[-1]:
            recorder.execute('PRAGMA wal_checkpoint(RESTART)')
    killed = shutil.copytree(bag, tmp_path / 'killed')
    recorder.close()
    (killed / 'bag.db3-shm').unlink()
    return killed


def test_frames_of_an_earlier_time_in_a_log_are_no_damage(grey, problems, tmp_path):
    killed = log_of_a_killed_recorder(grey, tmp_path)
    check(read(killed, problems), grey)
    assert list(problems) == []


@pytest.mark.parametrize('place', [2, 9, 17, 25, 33, 41, 50, 60, 4000])
def test_damage_in_a_log_is_reported(place, grey, problems, tmp_path):
    killed = log_of_a_killed_recorder(grey, tmp_path)
    log = killed / 'bag.db3-wal'
    data = bytearray(log.read_bytes())
    data[place] ^= 4
    log.write_bytes(data)
    check(read(killed, problems), grey[:-1])
    assert [problem.kind for problem in problems] == ['damaged_file']
    (problem,) = problems
    assert 'its log is damaged' in problem.first


@pytest.fixture
def many_topics(grey, tmp_path) -> Path:
    """Return a bag with two image topics, a calibration and a text."""
    text = ROS2.types['std_msgs/msg/String']('hello')
    entries = [
        *image_entries(grey), *image_entries(grey[:4], '/rear/image'),
        ('/camera/camera_info', 'sensor_msgs/msg/CameraInfo', FIRST_STAMP_NS,
         camera_info(FIRST_STAMP_NS, 64, 48)),
        ('/chatter', 'std_msgs/msg/String', FIRST_STAMP_NS,
         bytes(ROS2.serialize_cdr(text, 'std_msgs/msg/String'))),
    ]
    return write_bag(tmp_path / 'topics', sorted(entries, key=lambda entry: entry[2]))


def test_topic_is_read_that_is_named(many_topics, grey, problems):
    check(read(many_topics, problems, topic='/rear/image'), grey[:4])
    check(read(many_topics, problems, topic='rear/image'), grey[:4])


@pytest.mark.parametrize(
    ('topic', 'reason'),
    [('', 'more than one'), ('/nowhere', 'is not recorded'), ('/chatter', 'std_msgs/msg/String')])
def test_unclear_or_wrong_topic_lists_the_choices(topic, reason, many_topics, problems):
    with pytest.raises(SourceError, match=reason) as caught:
        read(many_topics, problems, topic=topic)
    assert f'{TOPIC} (Image, 10 messages)' in str(caught.value)
    assert '/rear/image (Image, 4 messages)' in str(caught.value)


def test_calibration_beside_the_images_is_found(many_topics, problems):
    info = BagImages(Bag(many_topics, problems), problems, TOPIC).camera_info
    assert (info['width'], info['height'], info['k'][0]) == (64, 48, 200.0)
    assert BagImages(Bag(many_topics, problems), problems, '/rear/image').camera_info is None


def test_calibration_that_is_not_recorded_is_an_error(many_topics, problems):
    with pytest.raises(SourceError, match='/camera/camera_info'):
        BagImages(Bag(many_topics, problems), problems, TOPIC, '/lidar/camera_info')


@pytest.mark.parametrize(
    ('window', 'expected'),
    [
        (Window(), range(10)),
        (Window(every=3), [0, 3, 6, 9]),
        (Window(start=0.099), [3, 4, 5, 6, 7, 8, 9]),
        (Window(end=0.099), [0, 1, 2]),
        (Window(start=0.06, end=0.2, every=2), [2, 4, 6]),
    ], ids=['all', 'every', 'start', 'end', 'both'])
def test_window_chooses_by_the_time_since_the_first_image(
    window, expected, grey, problems, tmp_path
):
    source = BagImages(
        Bag(write_bag(tmp_path / 'bag', image_entries(grey)), problems), problems)
    found = list(source.images(window))
    assert [image.stamp_ns for image in found] == [stamps(10)[number] for number in expected]
    assert [image.index for image in found] == list(range(len(expected)))
    assert found[0].received_ns == found[0].stamp_ns + LATENCY_NS
    assert found[0].frame_id == 'camera'


@pytest.mark.parametrize(
    'values', [{'start': -1}, {'start': 2, 'end': 1}, {'every': 0}, {'start': float('nan')}])
def test_window_without_images_is_refused(values):
    with pytest.raises(ValueError, match='accepted is'):
        Window(**values)


def test_number_of_images_is_reported_before_reading(grey, problems, tmp_path):
    source = BagImages(
        Bag(write_bag(tmp_path / 'bag', image_entries(grey)), problems), problems)
    assert source.expected_images(Window()) == 10
    assert source.expected_images(Window(every=3)) == 4
    assert source.expected_images(Window(start=0.1)) is None


def test_images_with_padding_and_other_encodings_are_read(problems, tmp_path):
    grey = np.arange(48 * 64, dtype=np.uint8).reshape(48, 64)
    padded = np.zeros((48, 70), np.uint8)
    padded[:, :64] = grey
    data = raw_image(
        np.zeros((48, 64, 3), np.uint8), FIRST_STAMP_NS, encoding='mono8', step=70,
        data=padded.ravel())
    bag = write_bag(tmp_path / 'bag', [(TOPIC, IMAGE, FIRST_STAMP_NS, data)])
    (_, pixels), = read(bag, problems)
    np.testing.assert_array_equal(pixels, np.dstack([grey] * 3))


