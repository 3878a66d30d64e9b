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

"""Results replace those of earlier runs and nothing else."""

import pytest

from pose_tracking_ros.results_folder import ResultsFolder


def names_in(folder):
    """Return the names of what the user sees in a folder."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith('.'))


def test_a_new_folder_is_made_with_its_parents(tmp_path):
    results = ResultsFolder(tmp_path / 'a' / 'b', ['table.csv'])
    (results / 'table.csv').write_text('1')
    assert names_in(tmp_path / 'a' / 'b') == ['table.csv']


def test_the_next_run_starts_without_the_results_of_the_last(tmp_path):
    results = ResultsFolder(tmp_path, ['table.csv', 'bag', 'old.log'])
    (results / 'table.csv').write_text('1')
    (results / 'old.log').write_text('1')
    (results / 'bag').mkdir()
    (results / 'bag' / 'metadata.yaml').write_text('1')
    ResultsFolder(tmp_path, ['table.csv', 'bag'])
    assert names_in(tmp_path) == []


def test_files_of_the_user_stay(tmp_path):
    (tmp_path / 'notes.txt').write_text('mine')
    ResultsFolder(tmp_path, ['table.csv'])
    ResultsFolder(tmp_path, ['table.csv'])
    assert names_in(tmp_path) == ['notes.txt']


def test_a_file_of_the_user_with_the_name_of_a_result_is_not_overwritten(tmp_path):
    (tmp_path / 'table.csv').write_text('mine')
    with pytest.raises(FileExistsError, match=r'table\.csv exists and was not written'):
        ResultsFolder(tmp_path, ['table.csv'])
    assert (tmp_path / 'table.csv').read_text() == 'mine'


def test_a_list_of_results_leads_to_nothing_outside_the_folder(tmp_path):
    outside = tmp_path / 'outside.csv'
    outside.write_text('mine')
    folder = tmp_path / 'results'
    ResultsFolder(folder, ['table.csv'])
    marker = next(path for path in folder.iterdir() if path.name.startswith('.'))
    marker.write_text('../outside.csv\n')
    ResultsFolder(folder, ['table.csv'])
    assert outside.read_text() == 'mine'


def test_a_file_is_no_folder(tmp_path):
    path = tmp_path / 'file'
    path.write_text('')
    with pytest.raises(FileExistsError, match='is a file, a folder is needed'):
        ResultsFolder(path, ['table.csv'])
