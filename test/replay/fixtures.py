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

"""Fixtures of the tests of replay: recordings of a walking man and of a grey room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pose_tracking_ros.blazepose import PoseTrackerOptions
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.options import AnalysisOptions, Outputs
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.video.source import VideoSource
from replay.recordings import image_entries, write_bag


@pytest.fixture(scope='session')
def walk(walking_man) -> list[np.ndarray]:
    """Return 24 images of a man who walks, (320, 180, 3) BGR, every other one of his clip."""
    with VideoSource(walking_man) as video:
        return [
            cv2.resize(frame.image, (180, 320), interpolation=cv2.INTER_AREA)
            for frame in video if frame.index < 48 and frame.index % 2 == 0
        ]


@pytest.fixture(scope='session')
def grey() -> list[np.ndarray]:
    """Return 10 images of nobody, (48, 64, 3), each of another grey."""
    return [np.full((48, 64, 3), 100 + index, np.uint8) for index in range(10)]


@pytest.fixture(scope='session')
def walk_bag(walk, tmp_path_factory) -> Path:
    """Return a bag of the walking man."""
    return write_bag(tmp_path_factory.mktemp('bags') / 'walk', image_entries(walk))


@pytest.fixture(scope='session')
def options() -> AnalysisOptions:
    """Return options for quick analyses."""
    return AnalysisOptions(tracker=PoseTrackerOptions(model_complexity=0))


@pytest.fixture(scope='session')
def walk_results(walk_bag, options, tmp_path_factory) -> Path:
    """Return the folder with all kinds of results of an analysis of the walking man."""
    output = tmp_path_factory.mktemp('analyses') / 'walk'
    outputs = Outputs(video=True, annotated_images=True, original_topics=True)
    assert analyse(walk_bag, output, replace(options, outputs=outputs))['exit_code'] == 0
    return output


@pytest.fixture(scope='session')
def long_bag(walk, tmp_path_factory) -> Path:
    """Return a bag that takes some seconds to analyse, longer than a part of the journal."""
    return write_bag(tmp_path_factory.mktemp('long') / 'long', image_entries(walk * 15))


@pytest.fixture(scope='session')
def long_results(long_bag, options, tmp_path_factory) -> Path:
    """Return the tables of the long bag, as Parquet, without an interruption."""
    output = tmp_path_factory.mktemp('analyses') / 'long'
    outputs = Outputs(csv=False, bag=False, report=False)
    assert analyse(long_bag, output, replace(options, outputs=outputs))['exit_code'] == 0
    return output


@pytest.fixture
def problems() -> Problems:
    """Return an empty count of problems."""
    return Problems()
