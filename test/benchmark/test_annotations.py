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

from __future__ import annotations

import json
from pathlib import Path

from annotations import annotated_clips, annotated_images, joints_by_name
import numpy as np
import pytest

from pose_tracking_ros.blazepose import PoseLandmark


def test_joints_take_the_places_of_their_landmarks() -> None:
    joints = joints_by_name({'nose': [1, 2], 'right_ankle': [3, 4, 1], 'left_ankle': [5, 6, 0]})
    assert joints[PoseLandmark.NOSE].tolist() == [1, 2]
    assert joints[PoseLandmark.RIGHT_ANKLE].tolist() == [3, 4]
    assert np.isnan(joints[PoseLandmark.LEFT_ANKLE]).all()
    assert np.isfinite(joints).sum() == 4


def test_images_are_found_with_their_people(tmp_path: Path) -> None:
    person = {'bbox': [1, 2, 30, 40], 'keypoints': {'nose': [5, 6, 2]}}
    (tmp_path / 'annotations').mkdir()
    annotation = tmp_path / 'annotations' / 'a.json'
    annotation.write_text(json.dumps({'image': 'a.jpg', 'persons': [person, person]}))
    (tmp_path / 'other.json').write_text('[]')
    (tmp_path / 'a.jpg').touch()
    (image,) = annotated_images(tmp_path)
    assert image.path == tmp_path / 'a.jpg'
    assert [p.box.tolist() for p in image.persons] == [[1, 2, 30, 40]] * 2


def test_an_annotation_of_an_image_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / 'a.json').write_text(json.dumps({'image': 'a.jpg', 'persons': []}))
    with pytest.raises(ValueError, match=r'a\.jpg'):
        annotated_images(tmp_path)


def test_clips_are_found_by_the_name_of_their_camera(tmp_path: Path) -> None:
    (tmp_path / 'lab_cam7.mp4').touch()
    frames = [{'nose': [1, 2]}, {'nose': [3, 4]}]
    (tmp_path / 'a.json').write_text(json.dumps({'projections': {'cam7': frames}}))
    persons = annotated_clips(tmp_path)['lab_cam7']
    assert [p.joints[PoseLandmark.NOSE].tolist() for p in persons] == [[1, 2], [3, 4]]
