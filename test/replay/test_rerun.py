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

"""The recording for the Rerun viewer, read back with its own SDK."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
import sys

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.blazepose import FULL_BODY, PoseTrackerOptions, PoseTrackerResult
from pose_tracking_ros.command_line.pose_bag import main
from pose_tracking_ros.messages.activity_markers import activity_words
from pose_tracking_ros.replay.activities import FrameActivities
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.options import Outputs
from replay.recordings import camera_info, FIRST_STAMP_NS, image_entries, write_bag
from standing_people import sequence, SIZE, standing

chunk = pytest.importorskip('rerun.chunk', reason='needs the Rerun SDK')

from pose_tracking_ros.replay.outputs.rerun_output import RerunOutput  # noqa: E402

TABLES_AND_RERUN = Outputs(csv=False, bag=False, report=False, rerun=True)
IMAGE_SIZE = 1280, 720  # Twice the size in the recording.


def read(path: Path) -> dict[str, list[dict]]:
    """Return what was logged for each entity, in the order of the images."""
    rows = defaultdict(list)
    for part in chunk.RrdReader(path).stream():
        rows[part.entity_path] += part.to_record_batch().to_pylist()
    return {entity: sorted(found, key=lambda row: row.get('image', -1))
            for entity, found in rows.items()}


@pytest.fixture(scope='module')
def results(walk, options, tmp_path_factory) -> Path:
    """Return the results of an analysis of two people without feet side by side, who leave."""
    folder = tmp_path_factory.mktemp('rerun')
    pairs = [np.hstack([image, image[:, ::-1]])[:190] for image in walk[:8]]
    empty = [np.full_like(pairs[0], 100)] * 2
    images = [cv2.resize(image, IMAGE_SIZE) for image in [*pairs, *empty]]
    analyse(
        write_bag(folder / 'two', image_entries(images)), folder / 'out',
        replace(options, tracker=PoseTrackerOptions(model_complexity=0, num_poses=2),
                outputs=TABLES_AND_RERUN))
    return folder / 'out'


@pytest.fixture(scope='module')
def logged(results) -> dict[str, list[dict]]:
    return read(results / 'results.rrd')


@pytest.fixture(scope='module')
def landmarks(results):
    """Return the table of landmarks, by the person."""
    people = defaultdict(lambda: defaultdict(list))
    for row in pq.read_table(results / 'landmarks.parquet').to_pylist():
        people[row['track_id']][row['frame']].append(row)
    return people


def test_images_are_small_and_at_the_time_of_their_stamps(logged, results):
    frames = pq.read_table(results / 'frames.parquet').to_pylist()
    rows = logged['/camera/image']
    assert [row['image'] for row in rows] == list(range(10))
    assert [np.datetime64(row['stamp'], 'ns').astype(int) for row in rows] == [
        frame['stamp_ns'] for frame in frames]
    for row in rows:
        picture = cv2.imdecode(np.array(row['EncodedImage:blob'][0], np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (360, 640, 3)
    assert {row['EncodedImage:media_type'][0] for row in rows} == {'image/jpeg'}
    assert picture.mean() == pytest.approx(100, abs=2)


def test_people_are_where_the_tables_have_them(logged, landmarks):
    assert landmarks.keys() == {1, 2}
    for track_id, frames in landmarks.items():
        image, world = (
            [row for row in logged[f'/{place}/person_{track_id}'] if row.get(positions)]
            for place, positions in (
                ('camera/image', 'Points2D:positions'), ('world', 'Points3D:positions')))
        assert [row['image'] for row in image] == [row['image'] for row in world] == list(frames)
        for in_image, in_world, expected in zip(image, world, frames.values()):
            np.testing.assert_allclose(
                in_image['Points2D:positions'],
                [(640 * row['x'], 360 * row['y']) for row in expected], rtol=1e-5)
            np.testing.assert_allclose(
                in_world['Points3D:positions'],
                [(row['world_x'], row['world_y'], row['world_z']) for row in expected], rtol=1e-5)
            assert in_image['Points2D:keypoint_ids'] == list(range(33))


def test_people_and_landmarks_have_names_and_connections(logged):
    for entity in ('/camera/image/person_2', '/world/person_2'):
        context, = (
            row['AnnotationContext:context'] for row in logged[entity]
            if row.get('AnnotationContext:context'))
        description = context[0][0]['class_description']
        assert description['info']['label'] == 'person 2'
        assert [keypoint['label'] for keypoint in description['keypoint_annotations']] == list(
            FULL_BODY.names)
        assert {
            (pair['keypoint0'], pair['keypoint1']) for pair in description['keypoint_connections']
        } == set(FULL_BODY.connections)


def test_hidden_landmarks_are_faint(logged, landmarks):
    for track_id, frames in landmarks.items():
        opacities = [
            [color & 0xFF for color in row['Points2D:colors']]
            for row in logged[f'/camera/image/person_{track_id}'] if row.get('Points2D:colors')]
        assert {opacity for row in opacities for opacity in row} == {70, 255}
        assert [[opacity == 255 for opacity in row] for row in opacities] == [
            [landmark['visibility'] >= 0.5 and landmark['inside_image']
             and landmark['inside_region'] for landmark in frame]
            for frame in frames.values()]


def test_people_who_left_are_not_shown(logged, landmarks):
    for track_id, frames in landmarks.items():
        for place in ('camera/image', 'world'):
            cleared = [
                row['image'] for row in logged[f'/{place}/person_{track_id}']
                if row.get('Clear:is_recursive') is not None]
            assert cleared == [max(frames) + 1]


@pytest.fixture(scope='module')
def calibrated(walk, options, tmp_path_factory) -> Path:
    """Return the results of an analysis of a man who walks before a calibrated camera."""
    folder = tmp_path_factory.mktemp('calibrated')
    height, width = walk[0].shape[:2]
    info = camera_info(FIRST_STAMP_NS, width, height)
    write_bag(folder / 'walk', [
        ('/camera/camera_info', 'sensor_msgs/msg/CameraInfo', FIRST_STAMP_NS, info),
        *image_entries(walk)])
    analyse(folder / 'walk', folder / 'out', replace(options, outputs=TABLES_AND_RERUN))
    return folder / 'out'


def test_people_with_a_position_are_in_the_frame_of_the_camera(calibrated):
    rows = [row for row in read(calibrated / 'results.rrd')['/camera_frame/person_1']
            if row.get('Points3D:positions')]
    positions = pq.read_table(calibrated / 'positions.parquet').to_pylist()
    assert [row['image'] for row in rows] == [row['frame'] for row in positions]
    for row, position in zip(rows, positions):
        hips = np.mean([row['Points3D:positions'][index] for index in (23, 24)], axis=0)
        np.testing.assert_allclose(hips, [position[axis] for axis in 'xyz'], atol=1e-3)


def test_labels_and_the_log_have_the_activities(tmp_path):
    recognizer = FrameActivities(ActivityOptions())
    people = sequence(
        *((1.0, [standing(right=arm)]) for arm in ('down', 'up', 'down')), rate=10.0)
    frames = [
        recognizer(AnalysedFrame(index, stamp_ns, stamp_ns, '', SIZE, PoseTrackerResult(poses)))
        for index, (stamp_ns, poses) in enumerate(people)]
    output = RerunOutput(tmp_path / 'results.rrd', 'hand', images=False)
    for frame in frames:
        output.write(frame, None)
    output.close()
    logged = read(tmp_path / 'results.rrd')
    for entity, points in (('camera/image', 'Points2D'), ('world', 'Points3D')):
        labels = [row[f'{points}:labels'] for row in logged[f'/{entity}/person_1/label']
                  if row.get(f'{points}:labels')]
        assert labels == [
            [', '.join(['1', *activity_words(person)])]
            for frame in frames for person in frame.activities.activities]
        assert ['1, standing, right hand raised'] in labels
    assert [row['TextLog:text'][0] for row in logged['/events']] == [
        'person 1: posture standing begins',
        'person 1: gesture right_hand_raised begins',
        'person 1: gesture right_hand_raised ends']


def test_without_images_there_are_none_and_none_are_needed(walk_bag, options, tmp_path):
    outputs = replace(TABLES_AND_RERUN, parquet=False, rerun_images=False)
    assert not outputs.need_images
    analyse(walk_bag, tmp_path / 'out', replace(options, outputs=outputs))
    logged = read(tmp_path / 'out' / 'results.rrd')
    assert '/camera/image' not in logged
    assert len(logged['/world/person_1']) == 1 + 24


def test_an_upper_body_is_in_the_image_alone(walk_bag, options, tmp_path):
    analyse(walk_bag, tmp_path / 'out', replace(
        options, tracker=PoseTrackerOptions(upper_body_only=True), outputs=TABLES_AND_RERUN))
    logged = read(tmp_path / 'out' / 'results.rrd')
    assert not any(entity.startswith('/world/') for entity in logged)
    assert max(map(max, (
        row['Points2D:keypoint_ids'] for row in logged['/camera/image/person_1']
        if row.get('Points2D:keypoint_ids')))) == 24


def test_without_the_sdk_the_line_is_reported_that_installs_it(
    walk_bag, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, 'rerun', None)
    monkeypatch.delitem(
        sys.modules, 'pose_tracking_ros.replay.outputs.rerun_output', raising=False)
    output = tmp_path / 'out'
    assert main([str(walk_bag), '--rerun', '--output', str(output)]) == 2
    assert "pip install 'pose_tracking_ros[rerun]'" in capsys.readouterr().err
    assert not (output / 'results.rrd').exists()
