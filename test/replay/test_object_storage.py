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

"""Recordings and results in object storage: a real server of S3 on this machine."""

from __future__ import annotations

from collections.abc import Iterator
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from urllib.request import Request, urlopen

import pyarrow.dataset as ds
import pytest

from pose_tracking_ros.command_line.pose_bag import main
from pose_tracking_ros.replay.object_storage import local_recording
from pose_tracking_ros.replay.output_folder import JOURNAL

moto_server = pytest.importorskip('moto.server', reason='needs a server of S3')
s3fs = pytest.importorskip('s3fs', reason='needs s3fs')
MemoryFileSystem = pytest.importorskip('fsspec.implementations.memory').MemoryFileSystem
UPath = pytest.importorskip('upath').UPath

PATIENCE = 120
TABLES = ['--model-complexity', '0', '--no-bag', '--no-report', '--no-csv']


@pytest.fixture(scope='module')
def server() -> Iterator[str]:
    """Return the URL of a server."""
    server = moto_server.ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f'http://{host}:{port}'
    server.stop()


@pytest.fixture
def storage(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[s3fs.S3FileSystem]:
    """Return a storage with an empty bucket; processes find it by their environment."""
    urlopen(Request(f'{server}/moto-api/reset', method='POST')).close()
    monkeypatch.setenv('AWS_ENDPOINT_URL', server)
    monkeypatch.setenv('AWS_ACCESS_KEY_ID', 'somebody')
    monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', 'secret')
    s3fs.S3FileSystem.clear_instance_cache()
    files = s3fs.S3FileSystem(use_listings_cache=False)
    files.mkdir('robots')
    yield files
    s3fs.S3FileSystem.clear_instance_cache()


def _summary(storage: s3fs.S3FileSystem, path: str) -> dict:
    return json.loads(storage.cat_file(f'robots/{path}/summary.json'))


def test_results_of_a_bag_in_storage_are_those_of_the_bag_here(
    storage: s3fs.S3FileSystem, walk_bag: Path, tmp_path: Path
) -> None:
    for file in walk_bag.iterdir():
        storage.put_file(str(file), f'robots/monday/walk/{file.name}')
    here, there = tmp_path / 'out', 's3://robots/results'
    assert main([str(walk_bag), '--output', str(here), '--model-complexity', '0']) == 0
    bag = 's3://robots/monday/walk'
    assert main([bag, '--output', there, '--model-complexity', '0']) == 0
    names = {path.relative_to(here).as_posix() for path in here.rglob('*') if path.is_file()}
    stored = storage.find('robots/results')
    assert {path.removeprefix('robots/results/') for path in stored} == names
    for name in names:
        if name.endswith(('.csv', '.parquet')):
            assert storage.cat_file(f'robots/results/{name}') == (here / name).read_bytes()
    assert _summary(storage, 'results')['recording']['path'] == bag


def test_results_in_storage_are_replaced_by_force_only(
    storage: s3fs.S3FileSystem, walk_bag: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = [str(walk_bag), '--output', 's3://robots/out', *TABLES]
    storage.pipe_file('robots/out/mine.txt', b'not a result')
    assert main(arguments) == 0
    storage.pipe_file('robots/out/report.html', b'an older one')
    before = storage.info('robots/out/summary.json')['LastModified']
    assert main(arguments) == 2
    assert 'contains an analysis' in capsys.readouterr().err
    assert main([*arguments, '--resume']) == 0
    assert storage.info('robots/out/summary.json')['LastModified'] == before
    time.sleep(1.0)  # S3 tells times in seconds.
    assert main([*arguments, '--force']) == 0
    assert storage.info('robots/out/summary.json')['LastModified'] > before
    assert not storage.exists('robots/out/report.html')
    assert storage.exists('robots/out/mine.txt')


def test_interrupted_analysis_resumes_from_storage(
    storage: s3fs.S3FileSystem, long_bag: Path, long_results: Path, tmp_path: Path
) -> None:
    arguments = [str(long_bag), *TABLES, '--output', 's3://robots/out']
    temporary = tmp_path / 'temporary'
    temporary.mkdir()
    program = Path(__file__).parents[2] / 'scripts' / 'pose-bag'
    process = subprocess.Popen(
        [sys.executable, program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, 'TMPDIR': str(temporary)})
    while not list(temporary.glob('*/results/.pose_bag/*.arrow')) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, 1, 128 + signal.SIGINT), errors
    assert not list(temporary.glob('pose_bag_*'))
    kept = storage.find(f'robots/out/{JOURNAL}')
    if process.returncode == 1:
        assert f'robots/out/{JOURNAL}/job.json' in kept
    assert main([*arguments, '--resume']) == 0
    # What was put there of the journal was not analysed again.
    parts = sum(path.endswith('.arrow') for path in kept)
    assert _summary(storage, 'out')['run']['images'] <= 360 - 256 * min(parts, 1)
    assert not storage.exists(f'robots/out/{JOURNAL}')
    for name in ('frames.parquet', 'landmarks.parquet'):
        assert storage.cat_file(f'robots/out/{name}') == (long_results / name).read_bytes()


def test_force_removes_results_only(storage: s3fs.S3FileSystem, walk_bag: Path) -> None:
    ours = ['summary.json', 'bag/bag.mcap', '.pose_bag/job.json', '.pose_bag/000000000000.arrow']
    others = ['notes.txt', 'bag/notes.txt', '.pose_bag/notes.txt', 'other/summary.json']
    for name in (*ours, *others):
        storage.pipe_file(f'robots/out/{name}', b'before')
    assert main([str(walk_bag), '--output', 's3://robots/out', *TABLES, '--force']) == 0
    left = [name for name in (*ours, *others) if storage.exists(f'robots/out/{name}')]
    assert left == ['summary.json', *others]


def test_name_in_storage_that_leads_out_of_its_folder_is_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = MemoryFileSystem()
    place = UPath('memory://robots/bag')
    monkeypatch.setattr(files, 'find', lambda path: [f'{path}/a', f'{path}/../../escaped'])
    monkeypatch.setattr(files, 'get_file', lambda _, target: Path(target).touch())
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    with pytest.raises(OSError, match='leads out'), local_recording(place):
        pass
    assert not list(tmp_path.iterdir())


def test_credentials_in_urls_are_hidden(
    storage: s3fs.S3FileSystem, walk_bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    place = 's3://AKIAKEY:se/cret@robots/bag'
    assert main([place, '--output', str(tmp_path / 'out'), *TABLES]) == 2
    assert main([str(walk_bag), '--output', place, *TABLES]) == 2
    captured = capsys.readouterr()
    assert '***@robots' in captured.err
    assert 'se/cret' not in captured.err + captured.out


def test_many_bags_go_from_storage_to_storage(
    storage: s3fs.S3FileSystem, walk_bag: Path, capsys: pytest.CaptureFixture
) -> None:
    (file,) = walk_bag.glob('*.mcap')
    for name in ('monday/a', 'monday/b', 'tuesday/a'):
        storage.put_file(str(file), f'robots/bags/{name}.mcap')
    storage.pipe_file('robots/bags/monday/broken.mcap', b'this is no bag')
    arguments = ['s3://robots/bags/monday/*.mcap', 's3://robots/bags/tuesday', *TABLES,
                 '--output', 's3://robots/results', '--jobs', '1']
    assert main(arguments) == 1
    rows = {row['name']: row for row in _summary(storage, 'results')['recordings']}
    assert {name: row['images'] for name, row in rows.items()} == {
        'a': 24, 'b': 24, 'broken': 0, 'a_2': 24}
    tables = storage.glob('robots/results/**/frames.parquet')
    assert ds.dataset(tables, filesystem=storage).to_table().num_rows == 3 * 24
    assert not storage.exists('robots/results/broken')
    capsys.readouterr()
    assert main([*arguments, '--resume']) == 1
    assert _summary(storage, 'results')['total']['complete'] == 3


@pytest.mark.parametrize(
    ('inputs', 'reason'),
    [
        ('s3://robots/nothing.mcap', 'does not exist'),
        ('s3://robots/*.mcap', 'there is nothing at'),
        ('s3://no-such-bucket/a.mcap', 'does not exist'),
    ],
)
def test_missing_object_is_reported(
    storage: s3fs.S3FileSystem, inputs: str, reason: str, tmp_path: Path,
    capsys: pytest.CaptureFixture,
) -> None:
    assert main([inputs, '--output', str(tmp_path / 'out')]) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_unknown_storage_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit):
        main(['ftpx://somewhere/a.mcap', '--output', str(tmp_path / 'out')])
    assert 'pose_tracking_ros[cloud]' in capsys.readouterr().err
