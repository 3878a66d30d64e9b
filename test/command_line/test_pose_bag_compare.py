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

"""``pose-bag compare`` on analyses that are the same, and on others."""

from __future__ import annotations

from dataclasses import replace
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys

import av
import cv2
import numpy as np
import onnxruntime
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest

from pose_tracking_ros.blazepose import PoseTrackerOptions
from pose_tracking_ros.command_line.pose_bag import main
from pose_tracking_ros.replay.analysis import analyse
from pose_tracking_ros.replay.compare import compare, comparison_lines
from pose_tracking_ros.replay.inputs.images import Window
from pose_tracking_ros.replay.options import Outputs
from pose_tracking_ros.replay.report.comparison import write_comparison
from replay.recordings import image_entries, write_bag

TABLES = Outputs(bag=False, report=False)


@pytest.fixture(scope='session')
def full_results(walk_bag, options, tmp_path_factory):
    """Return the results of another model."""
    output = tmp_path_factory.mktemp('full') / 'out'
    analyse(walk_bag, output, replace(options, tracker=PoseTrackerOptions(), outputs=TABLES))
    return output


def test_same_analysis_is_the_same_to_the_last_bit(walk_bag, walk_results, options, tmp_path,
                                                   capsys):
    analyse(walk_bag, tmp_path / 'again', replace(options, outputs=TABLES))
    assert main(['compare', str(walk_results), str(tmp_path / 'again')]) == 0
    assert 'identical, to the last bit' in capsys.readouterr().out


def test_other_model_differs_in_settings_and_by_some_pixels(walk_results, full_results, capsys):
    assert main(['compare', str(walk_results), str(full_results)]) == 1
    text = capsys.readouterr().out
    assert 'model_complexity: 0 in A, 1 in B' in text
    assert 'pose_landmark_lite.onnx' in text
    comparison = compare(walk_results, full_results)
    assert comparison.images == (24, 0, 0)
    assert sum(comparison.persons) == 24
    assert comparison.pixels.shape == (comparison.persons[0], 33)
    assert 0.1 < np.median(comparison.pixels) < 20
    assert 1 < np.median(comparison.millimetres) < 200


@pytest.mark.parametrize(('other', 'code'), [('walk_results', 0), ('full_results', 1)])
def test_a_reader_that_ends_early_changes_no_exit_code(other, code, walk_results, request):
    reader, writer = os.pipe()
    os.close(reader)
    compared = subprocess.run(
        [sys.executable, '-m', 'pose_tracking_ros.command_line.pose_bag', 'compare',
         str(walk_results), str(request.getfixturevalue(other))],
        stdout=writer, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(writer)
    assert (compared.returncode, compared.stderr) == (code, b'')


def test_versions_that_differ_are_reported(walk_results, tmp_path, capsys):
    summary = json.loads((walk_results / 'summary.json').read_text())
    assert summary['libraries'] == {
        'numpy': np.__version__, 'opencv': cv2.__version__,
        'onnxruntime': onnxruntime.__version__, 'av': av.__version__}
    copy = tmp_path / 'copy'
    copy.mkdir()
    for name in ('frames.csv', 'landmarks.csv'):
        shutil.copy(walk_results / name, copy)
    summary['libraries']['opencv'] = '4.9'
    (copy / 'summary.json').write_text(json.dumps(summary))
    assert main(['compare', str(copy), str(walk_results)]) == 0
    assert f'opencv: 4.9 in A, {cv2.__version__} in B' in capsys.readouterr().out
    summary['libraries'] = [1]
    (copy / 'summary.json').write_text(json.dumps(summary))
    assert main(['compare', str(copy), str(walk_results)]) == 2
    assert 'is not the summary of an analysis' in capsys.readouterr().err


def test_other_part_of_the_recording_is_reported(walk_bag, walk_results, options, tmp_path):
    part = replace(options, window=Window(every=2), outputs=TABLES)
    analyse(walk_bag, tmp_path / 'part', part)
    comparison = compare(walk_results, tmp_path / 'part')
    assert comparison.images == (12, 12, 0)
    assert ('window.every', 1, 2) in comparison.settings


def test_tables_as_csv_serve_as_well(walk_results, full_results, tmp_path):
    copy = tmp_path / 'copy'
    copy.mkdir()
    for name in ('summary.json', 'frames.csv', 'landmarks.csv'):
        shutil.copy(walk_results / name, copy)
    np.testing.assert_allclose(
        compare(copy, full_results).pixels, compare(walk_results, full_results).pixels, atol=1e-3)


def test_analyses_without_people_are_compared(grey, options, tmp_path, capsys):
    bag = write_bag(tmp_path / 'grey', image_entries(grey))
    for name, window in (('all', Window()), ('part', Window(every=2))):
        analyse(bag, tmp_path / name, replace(options, outputs=TABLES, window=window))
    assert main(['compare', str(tmp_path / 'all'), str(tmp_path / 'part')]) == 1
    assert 'no image has a person in both' in capsys.readouterr().out.lower()


def test_upper_body_and_full_body_share_25_landmarks(walk_bag, walk_results, options, tmp_path):
    upper = PoseTrackerOptions(upper_body_only=True)
    analyse(walk_bag, tmp_path / 'upper', replace(options, outputs=TABLES, tracker=upper))
    comparison = compare(walk_results, tmp_path / 'upper')
    assert len(comparison.landmarks) == 25
    assert np.isnan(comparison.millimetres).all()
    assert np.isfinite(comparison.pixels).all()
    assert comparison_lines(comparison, 'a', 'b')[-1].endswith(' -')


def test_page_is_written_but_never_over_another(walk_results, full_results, tmp_path, capsys):
    page = tmp_path / 'comparison.html'
    arguments = ['compare', str(walk_results), str(full_results), '--output', str(page)]
    assert main(arguments) == 1
    assert page.stat().st_size > 1_000_000
    page.write_text('mine')
    assert main(arguments) == 2
    assert '--force' in capsys.readouterr().err
    assert page.read_text() == 'mine'


@pytest.mark.parametrize('target', ['nothing', 'mine.txt'])
def test_page_is_not_written_through_a_link(target, walk_results, full_results, tmp_path, capsys):
    (tmp_path / 'mine.txt').write_text('mine')
    (tmp_path / 'page.html').symlink_to(tmp_path / target)
    assert main(['compare', str(walk_results), str(full_results), '--force', '--output',
                 str(tmp_path / 'page.html')]) == 2
    assert 'is a link' in capsys.readouterr().err
    assert (tmp_path / 'mine.txt').read_text() == 'mine'
    assert not (tmp_path / 'nothing').exists()


def people(results: Path, folder: Path, places: dict[int, float]) -> Path:
    """
    Write an analysis with several people.

    :param results: one of one person
    :param places: for each track_id how far to the right of that person, in image widths
    """
    folder.mkdir()
    shutil.copy(results / 'summary.json', folder)
    shutil.copy(results / 'frames.parquet', folder)
    table = pa.parquet.read_table(results / 'landmarks.parquet')
    images = [table.filter(pc.equal(table['frame'], frame)) for frame in table['frame'].unique()]

    def moved(image: pa.Table, track_id: int, way: float) -> pa.Table:
        for name, values in (
            ('x', pc.add(image['x'], pa.scalar(way, pa.float32()))),
            ('track_id', pa.array([track_id] * len(image))),
        ):
            index = image.column_names.index(name)
            image = image.set_column(index, table.schema.field(name), values.cast(
                table.schema.field(name).type))
        return image

    rows = [moved(image, *person) for image in images for person in places.items()]
    pa.parquet.write_table(pa.concat_tables(rows), folder / 'landmarks.parquet')
    return folder


@pytest.mark.parametrize(
    ('first', 'second', 'matched', 'only'),
    [
        pytest.param({1: 0, 2: 0.5}, {1: 0.5, 2: 0}, 2, (0, 0), id='other numbers and order'),
        pytest.param({1: 0, 2: 0.5}, {7: 0.5}, 1, (1, 0), id='one is missing'),
        pytest.param({1: 0}, {1: 2, 2: 0}, 1, (0, 1), id='one more is the main person'),
        pytest.param({1: 0}, {1: 1}, 0, (1, 1), id='somebody else'),
    ],
)
def test_people_are_matched_by_position(
    first, second, matched, only, walk_results, tmp_path
):
    a = people(walk_results, tmp_path / 'a', first)
    b = people(walk_results, tmp_path / 'b', second)
    count = compare(walk_results, walk_results).persons[0]
    comparison = compare(a, b)
    assert comparison.persons[:3] == (count * matched, count * only[0], count * only[1])
    assert comparison.pixels.shape == (count * matched, 33)
    assert (comparison.pixels == 0).all()
    assert comparison.is_same == (only == (0, 0))
    lines = comparison_lines(comparison, 'a', 'b')
    write_comparison(tmp_path / 'page.html', comparison, 'a', 'b', lines)
    assert f'{count * matched} in both' in '\n'.join(lines)


@pytest.mark.parametrize('content', ['', '[' * 100_000, '{"result": 3}', '[]'], ids=range(4))
def test_invalid_summary_is_reported(content, walk_results, tmp_path, capsys):
    (tmp_path / 'summary.json').write_text(content)
    assert main(['compare', str(tmp_path), str(walk_results)]) == 2
    assert 'is not the summary of an analysis' in capsys.readouterr().err


@pytest.mark.parametrize('table', ['frames', 'landmarks'])
def test_invalid_tables_are_reported(table, walk_results, tmp_path, capsys):
    for name in ('summary.json', 'frames.parquet', 'landmarks.parquet'):
        shutil.copy(walk_results / name, tmp_path)
    (tmp_path / f'{table}.parquet').write_bytes(b'PAR1' * 20)
    assert main(['compare', str(tmp_path), str(walk_results)]) == 2
    assert 'Traceback' not in capsys.readouterr().err


def test_folder_without_results_is_reported(walk_results, tmp_path, capsys):
    assert main(['compare', str(walk_results), str(tmp_path)]) == 2
    assert 'no summary.json' in capsys.readouterr().err
