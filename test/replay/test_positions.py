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

"""People in metres out of recordings: which depth belongs to which image, and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.frame_loop import RunControl
from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.images import Window
from pose_tracking_ros.replay.options import AnalysisOptions, Outputs
from replay.recordings import (
    camera_info,
    COMPRESSED,
    Entry,
    FIRST_STAMP_NS,
    header,
    IMAGE,
    image_entries,
    LATENCY_NS,
    raw_image,
    ROS2,
    stamps,
    write_bag,
)

DEPTH = '/camera/depth/image'
INFO = '/camera/camera_info'


def depth_entries(
    depth_stamps: Sequence[int], size: tuple[int, int], metres: bool, late_ns: int = LATENCY_NS
) -> list[Entry]:
    """Return depth images whose pixels are their number in metres."""
    entries = []
    for number, stamp in enumerate(depth_stamps, start=1):
        pixels = np.full(size[::-1], number if metres else 1000 * number, 'f4' if metres else 'u2')
        message = raw_image(
            np.zeros((*size[::-1], 3), np.uint8), stamp,
            encoding='32FC1' if metres else '16UC1', step=pixels.strides[0],
            data=pixels.view(np.uint8).ravel(),
        )
        entries.append((DEPTH, IMAGE, stamp + late_ns, message))
    return entries


def compressed_depth_entries(
    depth_stamps: Sequence[int], size: tuple[int, int], late_ns: int
) -> list[Entry]:
    """Return the same as compressed_depth_image_transport sends them, as PNG."""
    entries = []
    for number, stamp in enumerate(depth_stamps, start=1):
        png = cv2.imencode('.png', np.full(size[::-1], 1000 * number, np.uint16))[1].ravel()
        message = ROS2.types[COMPRESSED](
            header=header(stamp), format='16UC1; compressedDepth png',
            data=np.concatenate([np.zeros(12, np.uint8), png]),
        )  # fmt: skip
        data = bytes(ROS2.serialize_cdr(message, COMPRESSED))
        entries.append((DEPTH, COMPRESSED, stamp + late_ns, data))
    return entries


def info_entry(size: tuple[int, int]) -> Entry:
    return INFO, 'sensor_msgs/msg/CameraInfo', FIRST_STAMP_NS, camera_info(FIRST_STAMP_NS, *size)


def by_time(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry[2])


@pytest.mark.parametrize('kind', ['32FC1', '16UC1', 'compressedDepth'])
@pytest.mark.parametrize('late_ns', [-20_000_000, LATENCY_NS, 400_000_000])
def test_an_image_gets_the_depth_that_is_nearest_by_its_stamp(
    grey, problems, tmp_path: Path, kind: str, late_ns: int
) -> None:
    # Depth of every other image, 10 ms earlier, recorded before the image or long after it.
    taken = [stamp - 10_000_000 for stamp in stamps(10)[::2]]
    if kind == 'compressedDepth':
        depths = compressed_depth_entries(taken, (64, 48), late_ns)
    else:
        depths = depth_entries(taken, (64, 48), kind == '32FC1', late_ns)
    entries = by_time([*image_entries(grey), *depths])
    images = BagImages(
        Bag(write_bag(tmp_path / 'bag', entries), problems), problems, depth_topic=DEPTH,
        depth_slop=0.012,
    )
    assert images.topic == '/camera/image_raw'
    found = list(images.images(Window()))
    assert [image.stamp_ns for image in found] == stamps(10)
    assert [image.decode_depth is not None for image in found] == [True, False] * 5
    for number, image in enumerate(found[::2], start=1):
        depth = image.decode_depth()
        assert depth.dtype == np.float32
        assert depth == pytest.approx(number)


def test_an_image_waits_for_its_depth_for_a_limited_time(grey, problems, tmp_path: Path) -> None:
    entries = image_entries(grey * 10)
    bag = Bag(write_bag(tmp_path / 'bag', by_time(
        [*entries, *depth_entries(stamps(100)[:1], (64, 48), True)])), problems)
    images = BagImages(bag, problems, depth_topic=DEPTH, depth_slop=0.1)
    every = list(images.images(Window()))
    assert len(every) == 100
    assert [image.decode_depth is not None for image in every] == [True] * 4 + [False] * 96


@pytest.fixture(scope='module')
def metric_bag(walk, tmp_path_factory) -> Path:
    """Return a bag of the walking man with a calibration, and depth of some other view."""
    size = walk[0].shape[1::-1]
    depth = depth_entries(stamps(24)[:20], (180, 320), True)
    wide = depth_entries(stamps(24)[20:22], (64, 48), True)
    entries = by_time([info_entry(size), *image_entries(walk), *depth, *wide])
    return write_bag(tmp_path_factory.mktemp('metric') / 'walk', entries)


@pytest.fixture(scope='module')
def metric_options(options) -> AnalysisOptions:
    return replace(
        options, depth_topic=DEPTH, depth_slop=0.01, topic='/camera/image_raw',
        outputs=Outputs(bag=False),
    )


def test_tables_have_positions_and_an_interruption_changes_no_byte(
    metric_bag, metric_options, tmp_path: Path
) -> None:
    summary = analyse(metric_bag, tmp_path / 'whole', metric_options)
    assert summary['exit_code'] == 0
    # Two are of another shape, for two there is none.
    counts = {problem['kind']: problem['count'] for problem in summary['problems']}
    assert counts['no_depth'] == 4
    rows = pq.read_table(tmp_path / 'whole' / 'positions.parquet').to_pylist()
    assert len(rows) == summary['result']['images_with_pose'] > 20
    known = [row for row in rows if row['problem'] is None]
    assert len(known) > 20
    assert all(1 < row['z'] < 6 and row['zz'] > 0 for row in known)
    landmarks = pq.read_table(tmp_path / 'whole' / 'landmarks.parquet').to_pylist()
    assert {row['camera_source'] for row in landmarks} <= {'model', 'measured', 'unknown'}

    count = iter(range(1000))
    stopped = RunControl(is_stopped=lambda: next(count) > 40)
    analyse(metric_bag, tmp_path / 'parts', metric_options, stopped)
    analyse(metric_bag, tmp_path / 'parts', metric_options, RunControl(resume=True))
    for name in ('positions.csv', 'landmarks.csv', 'frames.csv'):
        whole, parts = (tmp_path / folder / name for folder in ('whole', 'parts'))
        assert whole.read_bytes() == parts.read_bytes()


def test_a_calibration_that_makes_no_sense_is_reported_and_not_used(
    walk, options, tmp_path: Path
) -> None:
    size = walk[0].shape[1::-1]
    broken = (*info_entry(size)[:3], camera_info(FIRST_STAMP_NS, 0, 0))
    bag = write_bag(tmp_path / 'bag', [broken, *image_entries(islice(walk, 3))])
    summary = analyse(bag, tmp_path / 'out', replace(options, outputs=Outputs(bag=False)))
    assert {problem['kind'] for problem in summary['problems']} == {'bad_calibration'}
    rows = pq.read_table(tmp_path / 'out' / 'positions.parquet').to_pylist()
    assert {row['problem'] for row in rows} == {'no_camera'}
