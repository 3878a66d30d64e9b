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

"""Small recordings that decompress to gigabytes."""

from __future__ import annotations

import bz2
from collections.abc import Iterator
import json
import os
from pathlib import Path
import shutil
import sqlite3
import struct
import subprocess
import sys

from backports import zstd
import lz4.frame
import numpy as np
import pytest

from fuzzing.recordings import KINDS
from pose_tracking_ros.replay.inputs import decompression
from pose_tracking_ros.replay.inputs.bag import Bag, BagError
from pose_tracking_ros.replay.problems import ProblemKind
from replay.recordings import image_entries, TOPIC, write_bag

MIB = 1 << 20
LIMIT = 1536 * MIB

READ = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.problems import Problems
for path in sys.argv[2:]:
    problems = Problems()
    messages = sum(1 for _ in Bag(Path(path), problems).messages(['/camera/image_raw']))
    counts = {problem.kind: problem.count for problem in problems}
    print(json.dumps({'name': Path(path).stem, 'messages': messages, **counts}))
"""


def zeros(compression: str, size: int = 1024 * MIB) -> bytes:
    """Return zeros in few bytes."""
    if compression == 'zstd':
        compressor = zstd.ZstdCompressor()
        parts = [compressor.compress(bytes(64 * MIB)) for _ in range(size // (64 * MIB))]
        return b''.join([*parts, compressor.flush()])
    compress = {'bz2': bz2.compress, 'lz4': lz4.frame.compress}[compression]
    return compress(bytes(64 * MIB)) * (size // (64 * MIB))


def lying_zeros(told: int, size: int = 1024 * MIB) -> bytes:
    """Return a frame of Zstandard that tells another size; of blocks that repeat one byte."""
    head = zstd.compress(b'')[:4] + bytes([0xC0, 0x50]) + told.to_bytes(8, 'little')
    count = size // (128 << 10)
    blocks = (((128 << 10) << 3) | 2, ((128 << 10) << 3) | 3)
    block, last = (number.to_bytes(3, 'little') + b'\0' for number in blocks)
    return head + block * (count - 1) + last


def record(operation: int, content: bytes) -> bytes:
    return struct.pack('<BQ', operation, len(content)) + content


def with_chunk(path: Path, compression: str, data: bytes, told: int) -> Path:
    """Put a chunk in front of the first one of an MCAP file."""
    name = compression.encode()
    chunk = struct.pack('<QQQII', 0, 1, told, 0, len(name)) + name
    chunk += struct.pack('<Q', len(data)) + data
    content = path.read_bytes()
    # The index, which would tell other places, is left out where there still is one.
    end = len(content)
    if content.endswith(content[:8]):
        end, = struct.unpack_from('<Q', content, len(content) - 28)
    end_of_header = 8 + 9 + struct.unpack_from('<Q', content, 9)[0]
    path.write_bytes(content[:end_of_header] + record(6, chunk) + content[end_of_header:end])
    return path


def field(name: bytes, value: bytes) -> bytes:
    return struct.pack('<I', len(name) + 1 + len(value)) + name + b'=' + value


def with_ros1_chunk(path: Path, compression: bytes, data: bytes) -> Path:
    """Put a chunk at the end of a ROS 1 bag."""
    header = field(b'op', b'\x05') + field(b'compression', compression) + field(
        b'size', struct.pack('<I', 100))
    with path.open('ab') as file:
        file.write(struct.pack('<I', len(header)) + header + struct.pack('<I', len(data)) + data)
    return path


@pytest.fixture(scope='module')
def bombs(tmp_path_factory) -> Iterator[dict[str, Path]]:
    """Return bags with eight images each, and with what is no image, by what that is."""
    grey = [np.full((12, 16, 3), index, np.uint8) for index in range(8)]
    folder = tmp_path_factory.mktemp('bombs')

    def bag(name: str, kind: str) -> Path:
        inside = folder / name
        inside.mkdir()
        made = KINDS[kind](inside, grey)
        made = next(made.glob('bag.*')) if made.is_dir() else made
        return Path(shutil.move(made, folder / f'{name}{made.suffix}'))

    made = {}
    for name, data in (
        ('true message', zeros('zstd')), ('lying message', lying_zeros(5)),
        ('lying large message', lying_zeros(900 * MIB)),
        ('largest message', lying_zeros((1 << 64) - 1)),
    ):
        made[name] = bag(name, 'rosbag2 sqlite3 message')
        database = sqlite3.connect(made[name])
        database.execute(
            'INSERT INTO messages (topic_id, timestamp, data) VALUES (1, 1, ?)', (data,))
        database.commit()
        database.close()
    for compression, told in (('zstd', 5), ('zstd', 1024 * MIB), ('lz4', (1 << 64) - 1)):
        name = f'chunk {compression} {told}'
        made[name] = with_chunk(bag(name, 'mcap'), compression, zeros(compression), told)
    made['lying chunk'] = with_chunk(bag('lying chunk', 'mcap'), 'zstd', lying_zeros(5), 5)
    for compression in ('bz2', 'lz4'):
        name = f'ros1 {compression}'
        made[name] = with_ros1_chunk(
            bag(name, f'ros1 {compression}'), compression.encode(), zeros(compression))
    schemas = b''.join(
        record(3, struct.pack('<HI', number + 100, 0) + bytes(4 + 4) + bytes(2 * MIB))
        for number in range(150))
    made['schemas'] = with_chunk(
        bag('schemas', 'mcap'), 'zstd', zstd.compress(schemas), len(schemas))
    # Each of thirty chunks lasts as long as all of them: in order, all would be open at once.
    path = bag('overlapping', 'mcap without checksums')
    for number in range(30):
        messages = b''.join(
            record(5, struct.pack('<HIQQ', 1, 0, time, time) + bytes(16 * MIB))
            for time in (1000 + number, 1_000_000 + number))
        with_chunk(path, 'zstd', zstd.compress(messages), len(messages))
    made['overlapping'] = path
    yield made
    shutil.rmtree(folder)


def test_bombs_are_counted_in_little_memory_and_the_rest_is_read(bombs):
    assert sum(path.stat().st_size for path in bombs.values()) < 64 * MIB
    done = subprocess.run(
        [sys.executable, '-c', READ, str(LIMIT), *map(str, bombs.values())],
        capture_output=True, text=True, env={**os.environ, 'OPENBLAS_NUM_THREADS': '1'})
    assert (done.returncode, done.stderr) == (0, '')
    found = {line.pop('name'): line for line in map(json.loads, done.stdout.splitlines())}
    assert found.keys() == bombs.keys()
    assert found.pop('overlapping')['messages'] == 8 + 60
    for name, line in found.items():
        assert line['messages'] == 8, name
        kind = 'unreadable_message' if 'message' in name else 'damaged_chunk'
        kind = 'damaged_file' if name == 'schemas' else kind
        assert line[kind] == 1, name


@pytest.mark.parametrize('suffix', ['.mcap.zstd', '.db3.zstd'])
@pytest.mark.parametrize('is_lying', [True, False])
def test_file_that_has_no_end_is_refused_before_it_fills_the_disk(
    suffix, is_lying, problems, grey, tmp_path, monkeypatch
):
    temporary = tmp_path / 'temporary'
    temporary.mkdir()
    monkeypatch.setattr('tempfile.tempdir', str(temporary))
    monkeypatch.setattr(decompression, '_SMALL_FILE', 8 * MIB)
    largest = 0
    write = decompression.decompressed_pieces

    def watched(*arguments: object) -> Iterator[bytes]:
        nonlocal largest
        for piece in write(*arguments):
            yield piece
            sizes = [file.stat().st_size for file in temporary.rglob('*') if file.is_file()]
            largest = max(largest, *sizes)

    monkeypatch.setattr('pose_tracking_ros.replay.inputs.plain_files.decompressed_pieces', watched)
    bag = write_bag(tmp_path / 'bag', image_entries(grey))
    (bag / 'metadata.yaml').unlink()
    bomb = bag / f'bag_1{suffix}'
    bomb.write_bytes(lying_zeros(200 * MIB, 256 * MIB) if is_lying else zeros('zstd', 256 * MIB))
    with pytest.raises(BagError, match='is skipped: it decompresses to more than'):
        Bag(bomb, problems)
    assert len(list(Bag(bag, problems).messages([TOPIC]))) == 10
    assert problems.count(ProblemKind.DAMAGED_FILE) == 1
    assert 0 < largest < 32 * MIB
    assert not list(temporary.iterdir())
