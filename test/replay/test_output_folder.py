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

"""Nothing outside the folder for results is touched, whatever lies in it."""

from __future__ import annotations

from contextlib import closing
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
import pytest

from pose_tracking_ros.replay.analysis import RESULTS
from pose_tracking_ros.replay.journal import Journal
from pose_tracking_ros.replay.output_folder import (
    check_between,
    is_result,
    JOURNAL,
    OutputFolder,
    SUMMARY,
)
from pose_tracking_ros.replay.safe_files import create, read, replace

JOURNAL_FILES = ['lock', 'job.json', 'job.partial', f'{0:012d}.arrow', f'{0:012d}.partial']
BAG_FILES = ['bag.mcap', 'metadata.yaml', 'metadata.yaml.tmp']
PLACES = [
    *RESULTS, JOURNAL,
    *(f'{JOURNAL}/{name}' for name in JOURNAL_FILES), *(f'bag/{name}' for name in BAG_FILES),
]


def snapshot(folder: Path, besides: Path) -> dict[str, object]:
    """Return all that is in a folder, but for what lies in another."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob('*')):
        if path != besides and besides not in path.parents:
            status = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
            found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, content)
    return found


def run(output: Path, force: bool, resume: bool) -> None:
    """Write all that an analysis writes, as it does."""
    with closing(OutputFolder(output, RESULTS, force, resume)) as folder:
        Journal(folder.journal, {'a': 1})
        replace(folder.journal / JOURNAL_FILES[3], b'', folder.journal / JOURNAL_FILES[4])
        for name in RESULTS:
            if name == 'bag':
                (folder / name).mkdir()
                for file in BAG_FILES:
                    create(folder / name / file).close()
            else:
                with create(folder / name) as file:
                    file.write(b'new')
        folder.forget_journal()


def put(place: Path, kind: str, outside: Path) -> bool:
    """Put something that is no result where one may lie, if there is room; return whether so."""
    if not all(parent.is_dir() or not os.path.lexists(parent) for parent in place.parents):
        return False
    if place.parent.is_symlink() or os.path.lexists(place):
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    if kind == 'hard link':
        os.link(outside / 'precious.txt', place)
    elif kind == 'folder':
        place.mkdir()
        (place / 'mine.txt').write_text('mine')
    elif kind == 'pipe':
        os.mkfifo(place)
    else:
        target = {'link to a file': 'precious.txt', 'link to a folder': 'folder',
                  'link to nothing': 'nothing'}[kind]
        place.symlink_to(outside / target)
    return True


@given(
    things=st.lists(
        st.tuples(
            st.sampled_from(PLACES),
            st.sampled_from(['link to a file', 'link to a folder', 'link to nothing', 'hard link',
                             'folder', 'pipe'])),
        min_size=1, max_size=3),
    force=st.booleans(), resume=st.booleans())
def test_no_content_of_the_folder_affects_files_outside(things, force, resume):
    with TemporaryDirectory() as name:
        outside, output = Path(name), Path(name) / 'out'
        (outside / 'folder').mkdir()
        for file in ('precious.txt', 'folder/lock', f'folder/{SUMMARY}', 'folder/bag.mcap'):
            (outside / file).write_text('precious')
        things = [(place, kind) for place, kind in things if put(output / place, kind, outside)]
        before, inside = snapshot(outside, output), snapshot(output, outside / 'none')
        refused: Exception | None = None
        try:
            run(output, force, resume)
        except (FileExistsError, ValueError) as error:
            refused = error
        if refused is None:
            assert all(kind == 'hard link' for _, kind in things)
            assert (output / SUMMARY).read_bytes() == b'new'
        elif isinstance(refused, FileExistsError):
            assert snapshot(output, outside / 'none') == inside, 'refused, and yet changed'
        else:
            assert '--force' in str(refused), 'the journal is not what it should be'
        assert snapshot(outside, output) == before


@pytest.mark.parametrize('place', PLACES)
@pytest.mark.parametrize('mode', ['force', 'resume'])
def test_link_in_the_place_of_anything_an_analysis_writes_is_refused(place, mode, tmp_path):
    output = tmp_path / 'out'
    put(output / place, 'link to nothing', tmp_path)
    with pytest.raises(FileExistsError, match='is a link'):
        run(output, mode == 'force', mode == 'resume')
    assert not (tmp_path / 'nothing').exists()


@pytest.mark.parametrize('place', ['bag/notes.txt', f'{JOURNAL}/notes.txt'])
def test_other_files_are_not_removed(place, tmp_path):
    (tmp_path / place).parent.mkdir()
    (tmp_path / place).write_text('mine')
    with pytest.raises(FileExistsError, match='is not a result'):
        run(tmp_path, force=True, resume=False)
    assert (tmp_path / place).read_text() == 'mine'


def test_folder_may_be_a_link_that_the_user_named_but_not_one_to_nothing(tmp_path):
    (tmp_path / 'disk').mkdir()
    (tmp_path / 'results').symlink_to(tmp_path / 'disk')
    run(tmp_path / 'results', force=False, resume=False)
    assert (tmp_path / 'disk' / SUMMARY).exists()
    (tmp_path / 'lost').symlink_to(tmp_path / 'nothing')
    with pytest.raises(FileExistsError, match='link to nothing'):
        run(tmp_path / 'lost', force=True, resume=False)
    assert not (tmp_path / 'nothing').exists()


def test_folders_between_the_root_and_a_recording_are_no_links(tmp_path):
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'out').mkdir()
    check_between(tmp_path / 'out', tmp_path / 'out' / 'monday' / 'walk')
    (tmp_path / 'out' / 'monday').symlink_to(tmp_path / 'elsewhere')
    with pytest.raises(FileExistsError, match='monday is a link'):
        check_between(tmp_path / 'out', tmp_path / 'out' / 'monday' / 'walk')


@pytest.mark.parametrize(
    ('name', 'expected'),
    [('summary.json', True), ('bag/bag.mcap', True), ('.pose_bag/job.json', True),
     ('notes.txt', False), ('bag/notes.txt', False), ('bag/bag/bag.mcap', False),
     ('.pose_bag/notes', False), ('.pose_bag', False), ('a/summary.json', False)])
def test_results_are_known_by_their_names(name, expected):
    assert is_result(Path(name), RESULTS) is expected


def test_content_is_read_up_to_a_limit_and_of_files_only(tmp_path):
    (tmp_path / 'file').write_bytes(b'12345')
    assert read(tmp_path / 'file', 5) == b'12345'
    with pytest.raises(OSError, match='larger than 4'):
        read(tmp_path / 'file', 4)
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(OSError, match='is not a file'):
        read(tmp_path / 'pipe', 5)
    (tmp_path / 'link').symlink_to(tmp_path / 'file')
    with pytest.raises(OSError, match='symbolic links'):
        read(tmp_path / 'link', 5)
