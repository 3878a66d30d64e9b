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

"""Recordings that go in, and all results that come out."""

from __future__ import annotations

from collections.abc import Iterator
import csv
from dataclasses import replace
from fractions import Fraction
import json
from pathlib import Path
import pickle
import struct

import av
import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rosbags.highlevel import AnyReader
from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import StoragePlugin, Writer

from one_person import pose_of
from pose_tracking_ros.blazepose import InferenceOptions, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.frame_loop import RunControl
from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.images import SourceError, Window
from pose_tracking_ros.replay.options import Outputs
from pose_tracking_ros.replay.outputs.original_topics import OriginalTopics
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.source import VideoSource
from replay.recordings import (
    COMPRESSED,
    compressed_image,
    FIRST_STAMP_NS,
    IMAGE,
    image_entries,
    LATENCY_NS,
    PERIOD_NS,
    raw_image,
    ROS2,
    stamps,
    TOPIC,
    write_bag,
    write_ros1_bag,
)

NAMES = ('frames', 'regions', 'landmarks', 'joint_angles', 'activities', 'activity_events')
TABLES = [f'{name}.{suffix}' for name in NAMES for suffix in ('csv', 'parquet')]


def rows(path: Path) -> list[dict]:
    with path.open(newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def same_tables(first: Path, second: Path) -> bool:
    return all((first / name).read_bytes() == (second / name).read_bytes() for name in TABLES)


@pytest.fixture(scope='session')
def expected(walk):
    """Return what the tracker answers to the images of the walking man."""
    tracker = PoseTracker(PoseTrackerOptions(model_complexity=0))
    return [
        pose_of(tracker.process(np.ascontiguousarray(image[:, :, ::-1]), stamp))
        for image, stamp in zip(walk, stamps(len(walk)))
    ]


def test_table_of_landmarks_holds_the_results_of_the_tracker(walk_results, expected):
    table = pq.read_table(walk_results / 'landmarks.parquet')
    assert table.column('bag').unique().to_pylist() == ['walk']
    found = np.stack([table.column(name).to_numpy() for name in (
        'x', 'y', 'z', 'visibility', 'presence', 'world_x', 'world_y', 'world_z')], axis=1)
    wanted = np.concatenate([
        np.hstack([pose.landmarks, pose.world_landmarks]) for pose in expected if pose])
    np.testing.assert_array_equal(found, wanted)
    assert sum(pose is not None for pose in expected) > 20


def test_csv_and_parquet_hold_the_same(walk_results):
    for name in NAMES:
        table = pq.read_table(walk_results / f'{name}.parquet')
        lines = rows(walk_results / f'{name}.csv')
        with (walk_results / f'{name}.csv').open(newline='', encoding='utf-8') as file:
            assert next(csv.reader(file)) == table.column_names
        assert len(lines) == table.num_rows
        for column in ('stamp_ns', 'frame'):
            assert [int(line[column]) for line in lines] == table.column(column).to_pylist()
    line, = (line for line in rows(walk_results / 'landmarks.csv')
             if line['frame'] == '7' and line['landmark'] == 'left_wrist')
    table = pq.read_table(walk_results / 'landmarks.parquet').to_pylist()
    row, = (row for row in table if row['frame'] == 7 and row['landmark'] == 'left_wrist')
    assert np.float32(line['x']) == np.float32(row['x'])


def test_table_of_frames_has_each_image_with_its_times(walk_results):
    frames = pq.read_table(walk_results / 'frames.parquet').to_pylist()
    assert [row['stamp_ns'] for row in frames] == stamps(24)
    assert all(row['received_ns'] == row['stamp_ns'] + LATENCY_NS for row in frames)
    assert {(row['width'], row['height']) for row in frames} == {(180, 320)}
    assert [row['detector_ran'] for row in frames].count(True) == 1


def test_joint_angles_are_plausible_for_a_walking_man(walk_results):
    table = pq.read_table(walk_results / 'joint_angles.parquet')
    assert np.median(table.column('left_knee').to_numpy()) > 120
    for name in table.column_names[4:]:
        assert np.nanmin(table.column(name).to_numpy()) >= 0
        assert np.nanmax(table.column(name).to_numpy()) <= 180


def test_two_analyses_give_the_same_tables_byte_by_byte(walk_bag, walk_results, options, tmp_path):
    analyse(walk_bag, tmp_path / 'again', options)
    assert same_tables(walk_results, tmp_path / 'again')


def test_bag_holds_the_messages_of_the_node_at_the_times_of_the_images(walk_results, expected):
    with AnyReader([walk_results / 'bag']) as reader:
        topics = reader.topics
        messages = {topic: [] for topic in topics}
        for connection, received_ns, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            messages[connection.topic].append((received_ns, message))
    assert set(topics) == {
        '/pose_landmarks', '/markers', '/landmark_info', '/annotated_image/compressed', TOPIC,
        '/activities', '/activity_events', '/activity_markers'}
    landmarks = messages['/pose_landmarks']
    assert [received for received, _ in landmarks] == [stamp + LATENCY_NS for stamp in stamps(24)]
    for (_, message), pose, stamp in zip(landmarks, expected, stamps(24), strict=True):
        header = message.header.stamp
        assert header.sec * 1_000_000_000 + header.nanosec == stamp
        assert message.header.frame_id == 'camera'
        assert (message.image_width, message.image_height) == (180, 320)
        assert len(message.persons) == (pose is not None)
        for person in message.persons:
            found = [[at.x, at.y, at.z, at.visibility, at.presence] for at in person.landmarks]
            np.testing.assert_array_equal(np.float32(found), pose.landmarks)
    assert len(messages['/markers']) == 24
    (_, info), = messages['/landmark_info']
    assert info.names[15] == 'left_wrist'
    assert info.landmark_model == 'pose_landmark_lite'
    assert len(messages[TOPIC]) == 24


def test_original_topics_are_copied_byte_by_byte(walk_bag, walk_results):
    def read(bag: Path) -> list[bytes]:
        with AnyReader([bag]) as reader:
            connections = [item for item in reader.connections if item.topic == TOPIC]
            return [bytes(data) for _, _, data in reader.messages(connections)]

    assert read(walk_bag) == read(walk_results / 'bag')


def test_a_stop_request_ends_the_copy_of_original_topics_without_a_problem(walk_bag, tmp_path):
    problems, stopped = Problems(), []
    originals = OriginalTopics(Bag(walk_bag, problems, lambda: bool(stopped)), problems)
    with Writer(tmp_path / 'bag', version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        messages = originals.copy_to(writer)
        assert next(messages)
        stopped.append(True)
        assert not [*messages, *problems]


def test_annotated_images_are_the_images_with_a_drawing(walk_results, walk):
    with AnyReader([walk_results / 'bag']) as reader:
        connections = [item for item in reader.connections if 'annotated' in item.topic]
        images = [
            cv2.imdecode(reader.deserialize(data, item.msgtype).data, cv2.IMREAD_COLOR)
            for item, _, data in reader.messages(connections)]
    for image, original in zip(images, walk, strict=True):
        changed = np.abs(image.astype(int) - original).max(axis=2) > 60
        assert 0.003 < changed.mean() < 0.2


def test_annotated_video_has_each_image_at_its_time(walk_results):
    with VideoSource(walk_results / 'annotated.mp4') as video:
        times = [frame.stamp_ns for frame in video]
    np.testing.assert_allclose(times, np.arange(24) * PERIOD_NS, atol=20_000)


def test_summary_has_the_input_the_options_and_the_results(walk_results, walk_bag, expected):
    summary = json.loads((walk_results / 'summary.json').read_text())
    assert summary['recording']['name'] == 'walk'
    assert summary['recording']['topic'] == TOPIC
    assert summary['options']['tracker']['model_complexity'] == 0
    assert summary['models']['landmarks']['file'] == 'pose_landmark_lite.onnx'
    assert summary['result']['images'] == 24
    assert summary['result']['images_with_pose'] == sum(pose is not None for pose in expected)
    assert summary['result']['images_per_second'] == pytest.approx(1e9 / PERIOD_NS)
    assert summary['problems'] == []
    assert summary['complete']
    assert summary['version'].count('.') == 2


@pytest.mark.parametrize('kind', ['ros1', 'sqlite', 'compressed'])
def test_same_images_in_another_recording_give_the_same_landmarks(
    kind, walk, walk_results, options, tmp_path
):
    if kind == 'ros1':
        bag = write_ros1_bag(tmp_path / 'walk.bag', walk)
    elif kind == 'sqlite':
        bag = write_bag(tmp_path / 'walk', image_entries(walk), StoragePlugin.SQLITE3)
    else:
        bag = write_bag(tmp_path / 'walk', [
            (f'{TOPIC}/compressed', COMPRESSED, stamp + LATENCY_NS, compressed_image(image, stamp))
            for image, stamp in zip(walk, stamps(24))])
    outputs = Outputs(original_topics=True)
    assert analyse(bag, tmp_path / 'out', replace(options, outputs=outputs))['exit_code'] == 0
    assert same_tables(walk_results, tmp_path / 'out')
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        assert sum(item.msgcount for item in reader.connections if TOPIC in item.topic) == 24


def test_video_is_analysed_like_a_bag(walk, options, tmp_path):
    with AnnotatedVideo(tmp_path / 'walk.mp4', 30) as video:
        for index, image in enumerate(walk):
            video.write(image, index * PERIOD_NS)
    summary = analyse(tmp_path / 'walk.mp4', tmp_path / 'out', options)
    assert (summary['exit_code'], summary['result']['images']) == (0, 24)
    assert summary['result']['images_with_pose'] > 20
    frames = pq.read_table(tmp_path / 'out' / 'frames.parquet')
    np.testing.assert_allclose(
        frames.column('stamp_ns').to_numpy(), np.arange(24) * PERIOD_NS, atol=20_000)


def test_window_limits_the_analysed_images(walk_bag, options, tmp_path):
    window = Window(start=0.1, end=0.5, every=2)
    analyse(walk_bag, tmp_path / 'out', replace(options, window=window))
    frames = pq.read_table(tmp_path / 'out' / 'frames.parquet').column('stamp_ns').to_pylist()
    assert frames == stamps(16)[4::2]


@pytest.mark.parametrize('suffix', ['mkv', 'mp4'])
def test_video_whose_rate_changes_is_whole_and_keeps_its_stamps(suffix, walk, options, tmp_path):
    path = tmp_path / f'walk.{suffix}'
    stamps_ms = [40 * index + 50 * (index // 3) for index in range(len(walk))]
    with av.open(path, 'w') as file:
        stream = file.add_stream('h264', rate=30, width=180, height=320, pix_fmt='yuv420p')
        stream.codec_context.time_base = Fraction(1, 1000)
        for bgr, stamp in zip(walk, stamps_ms):
            frame = av.VideoFrame.from_ndarray(bgr, 'bgr24')
            frame.pts, frame.time_base = stamp, Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    summary = analyse(path, tmp_path / 'out', replace(options, outputs=Outputs(video=True)))
    assert (summary['exit_code'], summary['problems']) == (0, [])
    frames = pq.read_table(tmp_path / 'out' / 'frames.parquet').column('stamp_ns').to_pylist()
    assert frames == [stamp * 1_000_000 for stamp in stamps_ms]


def test_upper_body_has_empty_cells_where_it_knows_nothing(walk_bag, tmp_path, options):
    upper = replace(options, tracker=PoseTrackerOptions(upper_body_only=True))
    analyse(walk_bag, tmp_path / 'out', upper)
    lines = rows(tmp_path / 'out' / 'landmarks.csv')
    assert lines
    assert all(line['z'] == line['world_x'] == '' for line in lines)
    angles = rows(tmp_path / 'out' / 'joint_angles.csv')
    assert all(line['left_knee'] == '' and float(line['left_elbow']) >= 0 for line in angles)


def test_nothing_is_written_that_is_not_asked_for(walk_bag, options, tmp_path):
    outputs = Outputs(csv=False, parquet=False, bag=False, report=False)
    analyse(walk_bag, tmp_path / 'out', replace(options, outputs=outputs))
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['summary.json']


def test_recording_without_people_has_empty_tables(grey, options, tmp_path):
    bag = write_bag(tmp_path / 'grey', image_entries(grey))
    summary = analyse(bag, tmp_path / 'out', options)
    assert (summary['exit_code'], summary['result']['images_with_pose']) == (0, 0)
    assert pq.read_table(tmp_path / 'out' / 'landmarks.parquet').num_rows == 0
    assert pq.read_table(tmp_path / 'out' / 'frames.parquet').num_rows == 10


class StopAfter:
    """Stops an analysis after some images, whose progress it hears of."""

    def __init__(self, images: int) -> None:
        self.left = images

    def start(self, *_) -> None:
        pass

    def advance(self) -> None:
        self.left -= 1

    def came(self) -> bool:
        return self.left <= 0


def stop_after(images: int) -> RunControl:
    stop = StopAfter(images)
    return RunControl(progress=stop, is_stopped=stop.came)


def test_interrupted_analysis_leaves_valid_files_and_continues_as_if_nothing_had_been(
    walk_bag, walk_results, options, tmp_path, monkeypatch
):
    monkeypatch.setattr('pose_tracking_ros.replay.frame_loop.BATCH', 5)
    summary = analyse(
        walk_bag, tmp_path / 'out', options, stop_after(13))
    assert (summary['exit_code'], summary['complete']) == (1, False)
    assert [problem['kind'] for problem in summary['problems']] == ['interrupted']
    assert pq.read_table(tmp_path / 'out' / 'frames.parquet').num_rows == 13
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        assert reader.topics['/pose_landmarks'].msgcount == 13

    summary = analyse(walk_bag, tmp_path / 'out', options, RunControl(resume=True))
    assert (summary['exit_code'], summary['run']['images']) == (0, 11)
    assert same_tables(walk_results, tmp_path / 'out')
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        assert reader.topics['/pose_landmarks'].msgcount == 24


def test_resuming_another_analysis_is_refused(walk_bag, options, tmp_path):
    analyse(walk_bag, tmp_path / 'out', options, stop_after(3))
    other = replace(options, window=Window(every=2))
    with pytest.raises(ValueError, match='other values of options'):
        analyse(walk_bag, tmp_path / 'out', other, RunControl(resume=True))


def test_code_in_a_manipulated_tracker_state_is_not_run(walk_bag, options, tmp_path):
    output = tmp_path / 'out'
    analyse(walk_bag, output, options, stop_after(3))
    part, = (output / '.pose_bag').glob('*.arrow')
    table = pa.ipc.open_file(part.read_bytes()).read_all()
    trap = pickle.dumps(tmp_path / 'a pickle')
    table = table.replace_schema_metadata({b'tracker_state': trap})
    with pa.ipc.new_file(part, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(ValueError, match=r'cannot (be )?resume.*--force'):
        analyse(walk_bag, output, options, RunControl(resume=True))
    assert analyse(walk_bag, output, options, RunControl(force=True))['exit_code'] == 0


def test_results_are_replaced_only_when_asked_for(walk_bag, options, tmp_path):
    output = tmp_path / 'out'
    outputs = Outputs(csv=True, parquet=False, bag=False, report=False)
    options = replace(options, outputs=outputs, window=Window(end=0.1))
    output.mkdir()
    (output / 'landmarks.csv').write_text('mine')
    (output / 'notes.txt').write_text('mine as well')
    with pytest.raises(FileExistsError, match='--force'):
        analyse(walk_bag, output, options)
    assert (output / 'landmarks.csv').read_text() == 'mine'
    analyse(walk_bag, output, options, RunControl(force=True))
    assert (output / 'landmarks.csv').read_text() != 'mine'
    assert (output / 'notes.txt').read_text() == 'mine as well'


def test_undecodable_images_are_counted_and_reported(walk, options, tmp_path):
    entries = image_entries(walk)
    bad = raw_image(walk[5], stamps(24)[5], encoding='32FC1')
    cut = raw_image(walk[9], stamps(24)[9], data=walk[9].ravel()[:100])
    entries[5] = (*entries[5][:3], bad)
    entries[9] = (*entries[9][:3], cut)
    summary = analyse(write_bag(tmp_path / 'bag', entries), tmp_path / 'out', options)
    assert summary['exit_code'] == 1
    assert summary['result']['undecodable_images'] == 2
    problem, = summary['problems']
    assert (problem['kind'], problem['count']) == ('undecodable_image', 2)
    assert 'image 5' in problem['first']
    assert '32FC1' in problem['first']
    frames = pq.read_table(tmp_path / 'out' / 'frames.parquet').to_pylist()
    assert [row['frame'] for row in frames if row['problem']] == [5, 9]


def test_stamps_that_jump_are_counted_and_each_image_is_analysed(walk, options, tmp_path):
    times = stamps(24)
    times[8] = times[7]
    times[14:] = [stamp - 10_000_000_000 for stamp in times[14:]]
    times[20:] = [stamp + 3_000_000_000 for stamp in times[20:]]
    entries = [
        (TOPIC, IMAGE, FIRST_STAMP_NS + index * PERIOD_NS, raw_image(image, stamp))
        for index, (image, stamp) in enumerate(zip(walk, times))
    ]
    outputs = Outputs(video=True)
    summary = analyse(
        write_bag(tmp_path / 'bag', entries), tmp_path / 'out',
        replace(options, outputs=outputs))
    kinds = {problem['kind']: problem['count'] for problem in summary['problems']}
    assert kinds == {'repeated_stamp': 1, 'backward_stamp': 1, 'gap': 1, 'not_in_video': 11}
    assert summary['exit_code'] == 0
    frames = pq.read_table(tmp_path / 'out' / 'frames.parquet')
    assert frames.column('stamp_ns').to_pylist() == times


def test_change_of_the_image_size_is_reported(walk, options, tmp_path):
    images = [*walk[:6], *(cv2.resize(image, (90, 160)) for image in walk[6:12])]
    bag = write_bag(tmp_path / 'bag', image_entries(images))
    summary = analyse(bag, tmp_path / 'out', options)
    problem, = summary['problems']
    assert problem['kind'] == 'size_change'
    assert 'from 180 x 320 to 90 x 160' in problem['first']


def test_cut_off_bag_is_analysed_as_far_as_it_goes(walk, options, tmp_path):
    bag = write_bag(tmp_path / 'bag', image_entries(walk))
    with (bag / 'bag.mcap').open('r+b') as file:
        file.truncate(int((bag / 'bag.mcap').stat().st_size * 0.6))
    summary = analyse(bag, tmp_path / 'out', options)
    assert summary['exit_code'] == 1
    assert summary['problems'][0]['kind'] == 'damaged_file'
    assert 0 < summary['result']['images'] < 24


def test_truncated_video_is_reported_as_such(walk, options, tmp_path):
    path = tmp_path / 'cut.mp4'
    path.write_bytes(b'\0' * 5000)
    with pytest.raises(SourceError, match='not a video'):
        analyse(path, tmp_path / 'out', options)
    assert not (tmp_path / 'out').exists()


def test_topic_of_unknown_type_is_reported_and_not_copied(walk, options, tmp_path):
    bag = tmp_path / 'bag'
    with Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        strange = writer.add_connection(
            '/strange', 'nobody_msgs/msg/Thing', msgdef='nobody_msgs/Other thing', rihs01='?')
        writer.write(strange, FIRST_STAMP_NS, b'\0\1\0\0')
        images = writer.add_connection(TOPIC, IMAGE, typestore=ROS2)
        for _, _, received_ns, data in image_entries(walk[:5]):
            writer.write(images, received_ns, data)
    outputs = Outputs(original_topics=True)
    summary = analyse(bag, tmp_path / 'out', replace(options, outputs=outputs))
    assert summary['exit_code'] == 0
    problem, = summary['problems']
    assert (problem['kind'], problem['count']) == ('unknown_definition', 1)
    assert '/strange of type nobody_msgs/msg/Thing' in problem['first']
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        assert reader.topics[TOPIC].msgcount == 5
        assert '/strange' not in reader.topics


def test_copied_topics_keep_their_quality_of_service(walk, options, tmp_path):
    """Who subscribes late to /tf_static gets it from a player only if it is offered so."""
    bag = tmp_path / 'bag'
    latched = Qos(QosHistory.KEEP_ALL, 7, QosReliability.BEST_EFFORT,
                  QosDurability.TRANSIENT_LOCAL, QosTime(1, 2), QosTime(3, 4),
                  QosLiveliness.AUTOMATIC, QosTime(5, 6), False)
    with Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        tf = writer.add_connection('/tf_static', 'tf2_msgs/msg/TFMessage', typestore=ROS2,
                                   offered_qos_profiles=[latched])
        message = ROS2.types['tf2_msgs/msg/TFMessage'](transforms=[])
        writer.write(tf, FIRST_STAMP_NS, ROS2.serialize_cdr(message, tf.msgtype))
        images = writer.add_connection(TOPIC, IMAGE, typestore=ROS2)
        for _, _, received_ns, data in image_entries(walk[:2]):
            writer.write(images, received_ns, data)
    analyse(bag, tmp_path / 'out', replace(options, outputs=Outputs(original_topics=True)))
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        copied, = (item for item in reader.connections if item.topic == '/tf_static')
        assert copied.ext.offered_qos_profiles == [latched]
        assert copied.msgcount == 1


def test_recorded_topics_of_our_names_are_copied_under_others(walk, options, tmp_path):
    entries = [
        *image_entries(walk[:3]),
        ('/markers', COMPRESSED, FIRST_STAMP_NS, compressed_image(walk[0], 1)),
        ('/original/markers', COMPRESSED, FIRST_STAMP_NS, compressed_image(walk[0], 2)),
        ('/annotated_image/compressed', COMPRESSED, FIRST_STAMP_NS, compressed_image(walk[0], 3)),
    ]
    bag = write_bag(tmp_path / 'bag', entries)
    outputs = Outputs(original_topics=True)
    summary = analyse(
        bag, tmp_path / 'out', replace(options, outputs=outputs, topic=TOPIC))
    assert summary['exit_code'] == 0
    problem, = summary['problems']
    assert (problem['kind'], problem['count']) == ('renamed_topic', 1)
    assert problem['first'] == '/markers is /original_2/markers'
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        assert reader.topics['/markers'].msgtype == 'visualization_msgs/msg/MarkerArray'
        stamps_of = {
            item.topic: reader.deserialize(data, item.msgtype).header.stamp.nanosec
            for item, _, data in reader.messages() if item.msgtype == COMPRESSED}
    assert stamps_of == {'/original_2/markers': 1, '/original/markers': 2,
                         '/annotated_image/compressed': 3}


def test_recorded_type_of_another_definition_is_not_copied_as_ours(walk, options, tmp_path):
    bag = tmp_path / 'bag'
    with Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        other = writer.add_connection(
            '/before/markers', 'visualization_msgs/msg/MarkerArray', msgdef='int32 x',
            rihs01='RIHS01_' + 64 * '0')
        writer.write(other, FIRST_STAMP_NS, b'\0\1\0\0\0\0\0\0')
        images = writer.add_connection(TOPIC, IMAGE, typestore=ROS2)
        for _, _, received_ns, data in image_entries(walk[:2]):
            writer.write(images, received_ns, data)
    outputs = Outputs(original_topics=True)
    summary = analyse(bag, tmp_path / 'out', replace(options, outputs=outputs))
    problem, = summary['problems']
    assert problem['kind'] == 'other_definition'
    assert '/before/markers' in problem['first']
    with AnyReader([tmp_path / 'out' / 'bag']) as reader:
        assert '/before/markers' not in reader.topics


@pytest.mark.parametrize('error', [MemoryError(), cv2.error('SHRT_MAX'), ValueError('no')])
def test_failed_analysis_of_an_image_loses_only_that_image(
    error, walk_bag, options, tmp_path, monkeypatch
):
    process = PoseTracker.process

    def fail_once(
        tracker: PoseTracker, image: np.ndarray, stamp_ns: int, **where: object
    ) -> object:
        if stamp_ns == stamps(24)[5]:
            raise error
        return process(tracker, image, stamp_ns, **where)

    monkeypatch.setattr(PoseTracker, 'process', fail_once)
    summary = analyse(
        walk_bag, tmp_path / 'out', replace(options, outputs=Outputs(video=True)))
    assert (summary['exit_code'], summary['complete']) == (1, True)
    assert (summary['result']['images'], summary['result']['undecodable_images']) == (24, 1)
    problem, = (item for item in summary['problems'] if item['kind'] == 'undecodable_image')
    assert problem['first'].startswith('image 5: its analysis failed')
    frames = pq.read_table(tmp_path / 'out' / 'frames.parquet').to_pylist()
    assert [row['frame'] for row in frames if row['problem']] == [5]
    assert sum(row['persons'] > 0 for row in frames) > 15


def test_failed_reader_loses_only_the_rest(walk_bag, options, tmp_path, monkeypatch):
    images = BagImages.images

    def fail_later(source: BagImages, window: Window) -> Iterator[object]:
        for image in images(source, window):
            if image.index == 7:
                raise struct.error('unpack requires a buffer of 4 bytes')
            yield image

    monkeypatch.setattr(BagImages, 'images', fail_later)
    summary = analyse(walk_bag, tmp_path / 'out', options)
    assert (summary['exit_code'], summary['result']['images']) == (1, 7)
    problem, = summary['problems']
    assert problem['kind'] == 'damaged_file'
    assert 'buffer of 4 bytes' in problem['first']
    assert pq.read_table(tmp_path / 'out' / 'frames.parquet').num_rows == 7


def test_number_of_threads_does_not_change_the_order_of_frames(walk_bag, options, tmp_path):
    one = replace(options, inference=InferenceOptions(num_threads=1))
    analyse(walk_bag, tmp_path / 'out', one)
    frames = pq.read_table(tmp_path / 'out' / 'frames.parquet').column('frame').to_pylist()
    assert frames == list(range(24))
