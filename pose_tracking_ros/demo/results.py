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

"""The results of a run of the demo, made from its bag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
import json
from math import isfinite

from pose_tracking_ros.demo.recording import read_images
from pose_tracking_ros.demo.summary import DemoSummary
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.output_folder import OutputFolder
from pose_tracking_ros.replay.tables import table_files, TableFiles
from pose_tracking_ros.video.annotated_video import AnnotatedVideo
from pose_tracking_ros.video.contact_sheet import ContactSheet

VIDEO = 'annotated.mp4'
SHEET = 'contact_sheet.png'
TABLES = table_files(csv=True, parquet=False)
BAG = 'bag'
SUMMARY = 'summary.json'


def write_results(
    folder: OutputFolder,
    frames: Sequence[AnalysedFrame],
    summary: DemoSummary,
    on_progress: Callable[[str], None],
) -> None:
    """
    Write the tables, the annotated video, its contact sheet and the summary.

    :param folder: of the bag and the results
    :param frames: the frames in the bag
    :param summary: the figures of the run
    :param on_progress: called with a description of the current step
    """
    with closing(TableFiles(folder.path, BAG, csv=True, parquet=False)) as tables:
        tables.write(frames)
    if summary.annotated_images:
        rate = summary.frames_per_second
        sheet, first_ns = ContactSheet(), None
        with AnnotatedVideo(folder / VIDEO, rate if isfinite(rate) else 30.0) as video:
            for index, (stamp_ns, image) in enumerate(read_images(folder / BAG), start=1):
                on_progress(f'writing {VIDEO}: frame {index} of {summary.annotated_images}')
                video.write(image, stamp_ns)
                first_ns = stamp_ns if first_ns is None else first_ns
                sheet.add((stamp_ns - first_ns) / 1e9, lambda image=image: image)
        sheet.save(folder / SHEET)
    # JSON has no NaN.
    values = {
        name: value if not isinstance(value, float) or isfinite(value) else None
        for name, value in asdict(summary).items()
    }
    (folder / SUMMARY).write_text(json.dumps(values, indent=2) + '\n', encoding='utf-8')
