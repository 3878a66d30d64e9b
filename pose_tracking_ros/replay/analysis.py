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

"""Analyse every image of a recording, reproducibly."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
import time
from typing import Any

from pose_tracking_ros.blazepose import PoseTracker
from pose_tracking_ros.replay.activities import FrameActivities
from pose_tracking_ros.replay.frame_loop import FrameLoop, RunControl
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.images import ImageSource, Window
from pose_tracking_ros.replay.inputs.recordings import open_recording
from pose_tracking_ros.replay.journal import Journal
from pose_tracking_ros.replay.options import AnalysisOptions
from pose_tracking_ros.replay.output_folder import OutputFolder, SUMMARY
from pose_tracking_ros.replay.outputs.annotated_images import SheetOutput, VideoOutput
from pose_tracking_ros.replay.outputs.bag_output import BagOutput
from pose_tracking_ros.replay.outputs.frame_writer import FrameWriter, Output, TablesOutput
from pose_tracking_ros.replay.outputs.original_topics import OriginalTopics
from pose_tracking_ros.replay.problems import ProblemKind, Problems, reason
from pose_tracking_ros.replay.report.page import write_report
from pose_tracking_ros.replay.safe_files import create
from pose_tracking_ros.replay.statistics import RecordingStatistics
from pose_tracking_ros.replay.summary import describe_job, summarize, summary_bytes
from pose_tracking_ros.replay.tables import table_files, TableFiles

REPORT = 'report.html'
BAG = 'bag'
VIDEO = 'annotated.mp4'
SHEET = 'contact_sheet.png'
RERUN = 'results.rrd'
RESULTS = (SUMMARY, REPORT, BAG, VIDEO, SHEET, RERUN, *table_files(csv=True, parquet=True))
"""Names of all files and folders of an analysis."""


def analyse(
    recording: Path,
    output: Path,
    options: AnalysisOptions = AnalysisOptions(),  # noqa: B008 (it is frozen)
    control: RunControl = RunControl(),  # noqa: B008 (it is frozen)
    name: str = '',
    path: str = '',
) -> dict[str, Any]:
    """
    Analyse a recording.

    :param recording: a bag, a video or images
    :param output: the folder for the results
    :param options: options of the analysis
    :param control: treatment of existing results; by default nothing is replaced
    :param name: name of the recording in tables; by default of its file or folder
    :param path: path in the summary; by default of the recording, which may be a copy
    :return: the summary, as in ``summary.json``
    :raises SourceError: if the recording lacks the requested images
    :raises ModelError: if a model cannot be loaded
    :raises ImportError: if the SDK of a requested output is not installed
    :raises OSError: if the recording cannot be read or the folder cannot be written, because of
        its content or its permissions
    :raises ValueError: if the analysis to resume is another one, or the file of pose classes is
        not valid
    """
    started = time.monotonic()
    problems = Problems()
    source = open_recording(recording, options, problems, control.is_stopped)
    source.name = name or source.name
    tracker = PoseTracker(options.tracker, options.inference)
    activities = FrameActivities(options.activities)
    job = describe_job(recording, source, options, tracker)
    job['recording']['path'] = path or job['recording']['path']
    with closing(OutputFolder(output, RESULTS, control.force, control.resume)) as folder:
        journal = Journal(folder.journal, job)
        statistics = RecordingStatistics(problems)
        outputs = _outputs(folder, source, tracker, options, problems)
        loop = FrameLoop(source, tracker, journal, options, problems)
        writer = FrameWriter(journal, activities, outputs, statistics, problems)
        is_complete = loop.run(writer, control)
        if not statistics.frames:
            problems.add(ProblemKind.NO_IMAGES, _no_image(source, recording, options.window))
        if loop.was_stopped:
            problems.add(ProblemKind.INTERRUPTED, f'after {statistics.frames} images')

        def summary() -> dict[str, Any]:
            seconds = time.monotonic() - started
            return summarize(job, statistics, problems, is_complete, loop.new_frames, seconds)

        if options.outputs.report:
            try:
                if not writer.has_journal:
                    raise OSError('it is made of the journal')
                events = statistics.activities.events
                write_report(folder / REPORT, summary(), journal.frames(), events)
            except Exception as error:
                problems.add(ProblemKind.OUTPUT_FAILED, f'{REPORT}: {reason(error)}')
        try:
            with create(folder / SUMMARY) as file:
                file.write(summary_bytes(summary()))
            if is_complete and not problems.count(ProblemKind.OUTPUT_FAILED):
                folder.forget_journal()
        except OSError as error:
            problems.add(ProblemKind.OUTPUT_FAILED, f'{SUMMARY}: {reason(error)}')
        return summary()


def _no_image(source: ImageSource, recording: Path, window: Window) -> str:
    """Return the reason why no image was analysed."""
    if not window.start:
        return f'no image in {source.topic or recording}'
    length = '' if source.seconds is None else f': the recording has {source.seconds:.2f} s'
    return f'no image after --start {window.start:g}{length}'


def _outputs(
    folder: OutputFolder,
    source: ImageSource,
    tracker: PoseTracker,
    options: AnalysisOptions,
    problems: Problems,
) -> dict[str, Callable[[], Output]]:
    """Return the requested outputs."""
    wanted = options.outputs
    makers: dict[str, Callable[[], Output]] = {}
    if wanted.csv or wanted.parquet:
        makers['tables'] = lambda: TablesOutput(
            TableFiles(folder.path, source.name, wanted.csv, wanted.parquet)
        )
    if wanted.bag:
        originals = None
        if wanted.original_topics and isinstance(source, BagImages):
            originals = OriginalTopics(source.bag, problems)
        makers[BAG] = lambda: BagOutput(folder / BAG, tracker, wanted.annotated_images, originals)
    if wanted.video:
        makers[VIDEO] = lambda: VideoOutput(folder / VIDEO, problems)
    if wanted.contact_sheet:
        makers[SHEET] = lambda: SheetOutput(folder / SHEET)
    if wanted.rerun:
        # An optional dependency.
        from pose_tracking_ros.replay.outputs.rerun_output import RerunOutput

        makers[RERUN] = lambda: RerunOutput(folder / RERUN, source.name, wanted.rerun_images)
    return makers


