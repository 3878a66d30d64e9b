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

"""Frames go into the journal and come out the same; what somebody changed is refused."""

from __future__ import annotations

from pathlib import Path
import shutil
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
import pyarrow as pa
import pytest

from pose_tracking_ros.blazepose import PoseTrackerResult
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.frame_loop import RunControl
from pose_tracking_ros.replay.frames import AnalysedFrame
from pose_tracking_ros.replay.journal import Journal

JOB = {'options': {'window': {'every': 1}}}


def frames(first: int, count: int) -> list[AnalysedFrame]:
    return [
        AnalysedFrame(index, 10 * index, 11 * index, 'camera', (64, 48), PoseTrackerResult(),
                      thumbnail=bytes([index]))
        for index in range(first, first + count)
    ]


@pytest.fixture(scope='module')
def written(tmp_path_factory) -> Path:
    """Return a journal of two parts."""
    folder = tmp_path_factory.mktemp('journal')
    journal = Journal(folder, JOB)
    journal.append(frames(0, 3), b'first')
    journal.append(frames(3, 2), b'second')
    return folder


def read(folder: Path) -> tuple[list[AnalysedFrame], bytes | None]:
    journal = Journal(folder, JOB)
    assert journal.frame_count() == len(list(journal.frames()))
    return list(journal.frames()), journal.tracker_state()


def test_frames_are_read_as_written(written):
    found, memory = read(written)
    assert memory == b'second'
    assert [frame.index for frame in found] == list(range(5))
    assert [frame.thumbnail for frame in found] == [bytes([index]) for index in range(5)]
    assert {frame.size for frame in found} == {(64, 48)}
    assert not any(frame.poses for frame in found)


def copied(written: Path, name: str) -> Path:
    shutil.copytree(written, Path(name) / 'journal')
    return Path(name) / 'journal'


@given(data=st.data())
def test_changed_bytes_give_the_same_or_are_refused(written, data):
    with TemporaryDirectory() as name:
        folder = copied(written, name)
        path = data.draw(st.sampled_from(sorted(folder.iterdir())))
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        refusal = ''
        found = []
        try:
            found, _ = read(folder)
        except ValueError as error:
            refusal = str(error)
        assert '--force' in refusal or [frame.index for frame in found] == list(range(len(found)))


@pytest.mark.parametrize(
    'content', [b'', b'[1', b'[' * 100_000, b'[[1, 2], 3]', b'3', b'"text"', b'\xff', b'null',
                b'{"options": 3}', b'{"options": {"window": [1]}}', b' ' * (2 << 20)],
    ids=range(11))
def test_invalid_job_is_rejected(content, written, tmp_path):
    folder = copied(written, tmp_path)
    (folder / 'job.json').write_bytes(content)
    with pytest.raises(ValueError, match='--force'):
        Journal(folder, JOB)


@pytest.mark.parametrize('missing', ['first', 'rows', 'other columns', 'index'])
def test_parts_that_do_not_continue_from_each_other_are_refused(missing, written, tmp_path):
    folder = copied(written, tmp_path)
    first, _ = sorted(folder.glob('*.arrow'))
    if missing == 'first':
        first.unlink()
    else:
        table = pa.ipc.open_file(first.read_bytes()).read_all()
        if missing == 'rows':
            table = table.slice(0, 2)
        elif missing == 'index':
            table = table.set_column(0, 'index', pa.array([0, 7, 2]))
        else:
            table = table.drop_columns(['stamp_ns'])
        with pa.ipc.new_file(first, table.schema) as writer:
            writer.write_table(table)
    with pytest.raises(ValueError, match='--force'):
        read(folder)


@pytest.mark.parametrize('memory', [b'', b'[' * 5000, bytes(range(256))], ids=range(3))
def test_invalid_tracker_state_is_rejected(stopped_analysis, memory, tmp_path):
    bag, folder, options = stopped_analysis
    output = tmp_path / 'out'
    shutil.copytree(folder, output)
    part, = (output / '.pose_bag').glob('*.arrow')
    table = pa.ipc.open_file(part.read_bytes()).read_all()
    table = table.replace_schema_metadata({b'tracker_state': memory})
    with pa.ipc.new_file(part, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(ValueError, match=r'cannot (be )?resume.*--force'):
        analyse(bag, output, options, RunControl(resume=True))


class Counted:
    """Counts the images that are done."""

    images = 0

    def start(self, name: str, expected_images: int | None) -> None:
        """Hear that an analysis begins."""

    def advance(self) -> None:
        """Count an image."""
        self.images += 1


@pytest.fixture(scope='module')
def stopped_analysis(walk_bag, options, tmp_path_factory):
    """Return a bag, the folder of its analysis that was stopped, and its options."""
    output = tmp_path_factory.mktemp('stopped') / 'out'
    done = Counted()
    control = RunControl(progress=done, is_stopped=lambda: done.images >= 2)
    analyse(walk_bag, output, options, control)
    return walk_bag, output, options
