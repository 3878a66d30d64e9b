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

"""
Draw docs/images/report.png: the report of ``pose-bag`` on a real clip, as a browser shows it.

Skeletons replace the images of the clip. Needs Chromium.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
import shutil
import tempfile

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

from pose_tracking_ros.blazepose import Pose, PoseTracker
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.replay.activities import FrameActivities
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.inputs.images import Window
from pose_tracking_ros.replay.inputs.video_images import VideoImages
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.problems import Problems
from pose_tracking_ros.replay.report.page import write_report
from pose_tracking_ros.replay.statistics import RecordingStatistics
from pose_tracking_ros.replay.summary import describe_job, summarize
from pose_tracking_ros.sample_data import sample_path

TARGET = Path(__file__).parents[1] / 'docs' / 'images' / 'report.png'
CLIP = 'sports2d_demo.mp4'
BROWSERS = ('chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome')
VIEW = {'width': 1280, 'height': 1240}
MOMENT = 0.365  # of the width of the plots
TILE = 216
BODY_LENGTH = 240
BACKGROUND = (43, 51, 18)


def main() -> None:
    """Analyse the clip, write the report and take its picture."""
    path, options, problems = sample_path(CLIP), AnalysisOptions(), Problems()
    tracker = PoseTracker(options.tracker)
    source = VideoImages(path, problems, options.image_rate, options.max_image_pixels)
    activities = FrameActivities(options.activities)
    frames = [activities(frame) for frame in _frames(source, tracker)]
    statistics = RecordingStatistics(problems)
    for frame in frames:
        statistics.add(frame)
    job = describe_job(path, source, options, tracker)
    job['recording']['path'] = CLIP
    summary = summarize(job, statistics, problems, True, len(frames), 1.0)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / 'report.html'
        write_report(report, summary, frames, statistics.activities.events)
        _take_picture(report)
    print(TARGET)


def _frames(source: VideoImages, tracker: PoseTracker) -> Iterator[AnalysedFrame]:
    """Yield the analysed frames of the clip, every fourth with a picture of its skeleton."""
    for image in source.images(Window()):
        rgb = image.decode()
        size = rgb.shape[1::-1]
        result = tracker.process(rgb, image.stamp_ns)
        picture = _skeleton(result.poses, size) if image.index % 4 == 0 else b''
        yield AnalysedFrame(
            image.index, image.stamp_ns, image.received_ns, '', size, result,
            thumbnail=picture)


def _skeleton(poses: Sequence[Pose], size: tuple[int, int]) -> bytes:
    """Return a dark tile with the skeletons of people, as JPEG."""
    tile = np.full((TILE, TILE, 3), BACKGROUND, np.uint8)
    for pose in poses:
        pixels = pose.landmarks[:, :2] * size
        middle = (pixels.min(axis=0) + pixels.max(axis=0)) / 2
        scale = BODY_LENGTH / (pose.roi[2] * size[0])
        landmarks = pose.landmarks.copy()
        landmarks[:, :2] = ((pixels - middle) * scale + TILE / 2) / TILE
        PoseAnnotator(color_order='bgr').annotate(tile, [replace(pose, landmarks=landmarks)])
    return cv2.imencode('.jpg', tile, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def _take_picture(report: Path) -> None:
    """Open the report, point at a moment, and save a screenshot."""
    installed = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=installed, chromium_sandbox=False)
        page = browser.new_page(viewport=VIEW)
        page.goto(report.as_uri())
        page.wait_for_selector('body[data-ready]')
        box = page.locator('#plots').bounding_box()
        page.mouse.move(box['x'] + MOMENT * box['width'], box['y'] + 80)
        page.wait_for_timeout(300)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == '__main__':
    main()
