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

"""Bags that are damaged, and bags that only look so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
import json
import os
from pathlib import Path
import shutil
import sqlite3
import struct

from hypothesis import given, HealthCheck, settings, strategies
from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
import numpy as np
import pytest
from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag1 import Reader as Ros1Reader
from rosbags.rosbag2 import Reader as Rosbag2Reader
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer as Rosbag2Writer

from fuzzing.recordings import KINDS
from pose_tracking_ros.replay.inputs.bag import Bag, BagError
from pose_tracking_ros.replay.inputs.bag_images import BagImages
from pose_tracking_ros.replay.inputs.decompression import ZSTD_MAGIC
from pose_tracking_ros.replay.inputs.images import SourceError, Window
from pose_tracking_ros.replay.inputs.reading import ReadingStopped
from pose_tracking_ros.replay.problems import ProblemKind, Problems
from replay.recordings import (
    IMAGE,
    image_entries,
    LATENCY_NS,
    raw_image,
    ROS2,
    stamps,
    TOPIC,
    write_bag,
)

IMAGES = 12
CHUNKS = 6


@pytest.fixture(scope='session')
def noise() -> list[np.ndarray]:
    """Return images that no compression makes smaller; in the files two make a chunk."""
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(IMAGES)]


@pytest.fixture(scope='session')
def whole(noise, tmp_path_factory) -> dict[str, Path]:
    """Return a file of each kind, not to be written to."""
    files = {}
    for kind, write in KINDS.items():
        path = write(tmp_path_factory.mktemp('whole'), noise)
        if path.is_dir():
            path, = (item for item in path.iterdir() if item.name != 'metadata.yaml')
        files[kind] = path
    return files


def read(path: Path, problems: Problems, **options) -> list[int]:
    """Return the stamps of the images in a bag."""
    source = BagImages(Bag(path, problems), problems, **options)
    return [image.stamp_ns for image in source.images(Window())]


def chunk_positions(file: Path) -> list[int]:
    """Return where the chunks of an MCAP file or a ROS 1 bag begin."""
    content, positions = file.read_bytes(), []
    if file.suffix == '.mcap':
        position = 8
        while position < len(content) - 8:
            operation, length = struct.unpack_from('<BQ', content, position)
            positions += [position] if operation == 6 else []
            position += 9 + length
        return positions
    position = len('#ROSBAG V2.0\n')
    while position < len(content):
        header, = struct.unpack_from('<I', content, position)
        data, = struct.unpack_from('<I', content, position + 4 + header)
        positions += [position] if b'op=\x05' in content[position:position + header] else []
        position += 8 + header + data
    return positions


def changed(file: Path, folder: Path, position: int, data: bytes) -> Path:
    """Return a copy of a file with other bytes in it."""
    copy = shutil.copy(file, folder)
    with open(copy, 'r+b') as content:
        content.seek(position)
        content.write(data)
    return Path(copy)


def counts(problems: Problems) -> dict[str, int]:
    return {problem.kind: problem.count for problem in problems}


CHUNKED = ['mcap', 'mcap lz4', 'mcap zstd', 'ros1 bz2', 'ros1 lz4']
FILES = sorted(kind for kind in KINDS if not kind.endswith(' file'))
# The last one is a single chunk.
CUT = [kind for kind in FILES if kind != 'rosbag2 mcap storage']


@pytest.mark.parametrize('kind', FILES)
def test_messages_are_those_that_rosbags_reads(kind, whole, problems):
    path = whole[kind]
    reader = (Ros1Reader if path.suffix == '.bag' else Rosbag2Reader)(path)
    with reader:
        expected = [(received_ns, len(data)) for _, received_ns, data in reader.messages()]
        times = [received_ns for received_ns, _ in expected]
        (topic, info), = reader.topics.items()
    bag = Bag(path, problems)
    (channel, count), = bag.channels.items()
    assert (channel.topic, channel.type_name, count) == (topic, info.msgtype, info.msgcount)
    found = [(message.received_ns, len(message.data)) for message in bag.messages([topic])]
    assert len(found) == IMAGES
    if 'message' not in kind:
        assert found == expected
    later = [message.received_ns for message in bag.messages([topic], times[3], times[9])]
    assert later == times[3:9]
    assert not list(problems)


@pytest.mark.parametrize('kind', CHUNKED)
@pytest.mark.parametrize('number', range(CHUNKS))
def test_damaged_chunk_loses_only_its_messages(kind, number, whole, problems, tmp_path):
    positions = chunk_positions(whole[kind])
    assert len(positions) == CHUNKS
    magic = {'bz2': b'BZh', 'lz4': b'\x04\x22\x4d\x18', 'zstd': ZSTD_MAGIC}.get(kind[-4:].strip())
    at = positions[number] + 3000
    if magic:
        at = whole[kind].read_bytes().index(magic, positions[number])
    damaged = changed(whole[kind], tmp_path, at, b'\xa5' * 16)
    found = read(damaged, problems)
    expected = stamps(IMAGES)
    del expected[2 * number:2 * number + 2]
    assert found == expected
    assert counts(problems) == {'damaged_chunk': 1}


@pytest.mark.parametrize('kind', ['mcap without checksums', 'ros1 bz2', 'ros1 lz4', 'ros1'])
@pytest.mark.parametrize('number', [0, 3])
def test_broken_way_from_record_to_record_continues_by_the_index(
    kind, number, whole, problems, tmp_path
):
    position = chunk_positions(whole[kind])[number]
    # The length of the record in an MCAP file, of the header in a ROS 1 bag.
    at = position + 1 if whole[kind].suffix == '.mcap' else position
    found = read(changed(whole[kind], tmp_path, at, b'\xff' * 4), problems)
    assert set(found) >= {*stamps(IMAGES)[:2 * number], *stamps(IMAGES)[2 * number + 2:]}
    assert problems.count(ProblemKind.DAMAGED_FILE) == 1


@pytest.mark.parametrize('missing', range(1, 38))
def test_mcap_that_lacks_its_last_bytes_gives_all_messages(missing, whole, problems, tmp_path):
    path = tmp_path / 'cut.mcap'
    path.write_bytes(whole['mcap zstd'].read_bytes()[:-missing])
    assert read(path, problems) == stamps(IMAGES)
    assert counts(problems) == {'damaged_file': 1}


@given(kind=strategies.sampled_from(CUT), share=strategies.floats(0.05, 0.999))
@settings(
    max_examples=150, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_file_truncated_anywhere_gives_the_messages_before_the_end(
    kind, share, whole, tmp_path
):
    problems = Problems()
    path = tmp_path / f'cut{whole[kind].suffix}'
    content = whole[kind].read_bytes()
    path.write_bytes(content[:min(int(len(content) * share), len(content) - 1)])
    try:
        found = read(path, problems)
    except (BagError, SourceError):
        # Of SQLite the tables of topics stand in the first pages.
        assert share < (0.5 if path.suffix == '.db3' else 0.3)
        return
    if path.suffix == '.db3':
        assert set(found) <= set(stamps(IMAGES))
    else:
        assert found == stamps(IMAGES)[:len(found)]
        assert len(found) >= int(share * IMAGES) - 4
    assert problems.count(ProblemKind.DAMAGED_FILE) == 1


@pytest.mark.parametrize('kind', ['mcap', 'ros1', 'rosbag2 sqlite3 none'])
@pytest.mark.parametrize('options', [{}, {'topic': TOPIC}], ids=['any topic', 'a topic'])
def test_file_truncated_before_its_first_topic_is_reported_as_truncated(
    kind, options, whole, problems, tmp_path
):
    path = tmp_path / f'cut{whole[kind].suffix}'
    path.write_bytes(whole[kind].read_bytes()[:4100])
    if path.suffix == '.mcap':
        os.truncate(path, 60)
    with pytest.raises(SourceError, match=rf'damaged or truncated file.*\({path.name}: '):
        read(path, problems, **options)


def test_missing_calibration_of_a_truncated_file_is_reported_with_the_damage(
    whole, problems, tmp_path
):
    path = tmp_path / 'cut.mcap'
    path.write_bytes(whole['mcap'].read_bytes()[:-100])
    with pytest.raises(SourceError, match=r'/info is not recorded.*damaged or truncated file'):
        read(path, problems, camera_info_topic='/info')


def write_mcap(path: Path, entries: list[tuple[int, bytes]], profile: str = 'ros2', **options):
    """Write an MCAP file as another library than rosbags would."""
    encoding = options.pop('encoding', 'ros2msg')
    message_encoding = options.pop('message_encoding', 'cdr')
    name = options.pop('name', IMAGE)
    metadata = options.pop('metadata', {})
    with path.open('wb') as file:
        writer = McapWriter(file, chunk_size=20_000, **options)
        writer.start(profile)
        schema = writer.register_schema(name, encoding, b'\xff\xfe\x00binary')
        channel = writer.register_channel(TOPIC, message_encoding, schema, metadata)
        for received_ns, data in entries:
            writer.add_message(channel, received_ns, data, received_ns)
        writer.finish()
    return path


def entries_of(images: list[np.ndarray], ros1: bool = False) -> list[tuple[int, bytes]]:
    return [
        (stamp + LATENCY_NS, raw_image(image, stamp, ros1=ros1))
        for image, stamp in zip(images, stamps(len(images)))
    ]


@pytest.mark.parametrize(
    'options',
    [
        {'profile': ''},
        {'encoding': 'protobuf'},
        {'encoding': ''},
        {'use_statistics': False},
        {'use_summary_offsets': False},
        {'repeat_channels': False, 'repeat_schemas': False},
        {'use_chunking': False},
        {'use_chunking': False, 'use_statistics': False, 'repeat_channels': False},
        {'enable_data_crcs': True},
        {'enable_crcs': False},
        {'compression': CompressionType.LZ4},
    ], ids=str)
def test_whole_mcap_of_any_writer_is_not_called_damaged(options, noise, problems, tmp_path):
    path = write_mcap(tmp_path / 'bag.mcap', entries_of(noise), **options)
    assert read(path, problems) == stamps(IMAGES)
    assert not list(problems)


def test_mcap_of_ros1_messages_is_read(noise, problems, tmp_path):
    path = write_mcap(
        tmp_path / 'bag.mcap', entries_of(noise, ros1=True), 'ros1', encoding='ros1msg',
        message_encoding='ros1', name='sensor_msgs/Image')
    assert read(path, problems) == stamps(IMAGES)
    assert not list(problems)


@pytest.mark.parametrize('use_chunking', [True, False])
def test_messages_come_in_the_order_of_their_recording(use_chunking, noise, problems, tmp_path):
    entries = entries_of(noise)
    order = [1, 5, 0, 2, 8, 3, 4, 6, 7, 10, 11, 9]
    path = write_mcap(
        tmp_path / 'bag.mcap', [entries[index] for index in order], use_chunking=use_chunking)
    assert read(path, problems) == stamps(IMAGES)
    assert not list(problems)


QUALITY = Qos(
    QosHistory.KEEP_LAST, 1, QosReliability.RELIABLE, QosDurability.TRANSIENT_LOCAL,
    QosTime(9223372036, 854775807), QosTime(1, 2), QosLiveliness.AUTOMATIC, QosTime(3, 4), False)


@pytest.mark.parametrize('storage', list(StoragePlugin), ids=lambda item: item.name)
@pytest.mark.parametrize('version', [8, 9])
@pytest.mark.parametrize('is_folder', [True, False])
def test_quality_of_service_of_topics_is_reported(
    storage, version, is_folder, grey, problems, tmp_path
):
    with Rosbag2Writer(tmp_path / 'bag', version=version, storage_plugin=storage) as writer:
        connection = writer.add_connection(
            TOPIC, IMAGE, typestore=ROS2, offered_qos_profiles=[QUALITY, QUALITY])
        for _, _, received_ns, data in image_entries(grey):
            writer.write(connection, received_ns, data)
    path = tmp_path / 'bag'
    channel, = Bag(path if is_folder else next(path.glob('bag.*')), problems).channels
    assert channel.offered_qos == (QUALITY, QUALITY)


@pytest.mark.parametrize('text', ['[', 'a: &a b', '[1]', '[{history: 1}]', '7', '[' * 100_000])
def test_quality_of_service_that_makes_no_sense_is_none(text, noise, problems, tmp_path):
    path = write_mcap(
        tmp_path / 'bag.mcap', entries_of(noise), metadata={'offered_qos_profiles': text})
    channel, = Bag(path, problems).channels
    assert channel.offered_qos == ()
    assert not list(problems)


@pytest.mark.parametrize('recorded', ['cam0/image', '/cam0/image'])
@pytest.mark.parametrize('asked', ['', 'cam0/image', '/cam0/image'])
def test_topic_without_a_slash_in_front_is_found_by_either_name(
    recorded, asked, grey, problems, tmp_path
):
    bag = write_bag(tmp_path / 'bag', image_entries(grey, recorded))
    source = BagImages(Bag(bag, problems), problems, asked)
    assert source.topic == recorded
    assert len(list(source.images(Window()))) == 10


def test_topic_recorded_with_and_without_a_slash_is_read_as_written(
    grey, problems, tmp_path
):
    entries = [*image_entries(grey, '/image'), *image_entries(grey[:3], 'image')]
    bag = write_bag(tmp_path / 'bag', entries)
    assert len(read(bag, problems, topic='image')) == 3
    assert len(read(bag, problems, topic='/image')) == 10


@pytest.fixture
def sqlite_bag(grey, tmp_path) -> Path:
    write_bag(tmp_path / 'bag', image_entries(grey), StoragePlugin.SQLITE3)
    return tmp_path / 'bag' / 'bag.db3'


def execute(path: Path, statements: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(statements)


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ("data = 'text'", 'of type text'),
        ('data = 7', 'of type integer'),
        ('data = 1.5', 'of type real'),
        ('data = zeroblob(300000000)', '300000000 bytes'),
        ("timestamp = 'soon'", "'soon'"),
        ('timestamp = -5', '-5'),
        ('timestamp = 1.5', '1.5'),
        ("timestamp = x'00'", 'x00'),
        ('topic_id = 99', 'has no description'),
        ("topic_id = 'x'", 'has no description'),
        ("data = x'28b52ffd00000000'", 'zstd'),
    ])
def test_row_that_holds_no_message_is_counted_and_the_others_are_read(
    change, reason, sqlite_bag, problems
):
    execute(sqlite_bag, f'UPDATE messages SET {change} WHERE id = 5')
    found = read(sqlite_bag, problems)
    assert sorted(found) == [stamp for stamp in stamps(10) if stamp != stamps(10)[4]]
    assert problems.count(ProblemKind.UNREADABLE_MESSAGE) == 1
    assert reason in json.dumps(problems.as_list())


VIEW = 'WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT'


@pytest.mark.parametrize(
    ('table', 'statements'),
    [
        ('messages', 'CREATE VIEW messages AS SELECT * FROM old'),
        ('messages', f"CREATE VIEW messages AS {VIEW} i AS id, 1 AS topic_id, i AS timestamp, "
                     "'' AS data FROM r"),
        ('topics', f"CREATE VIEW topics AS {VIEW} i AS id, 'a' AS name, 'b' AS type FROM r"),
        ('messages', 'CREATE TABLE messages (id INTEGER PRIMARY KEY, topic_id, timestamp, '
                     'data AS (zeroblob(900000000)))'),
        ('messages', 'CREATE VIRTUAL TABLE messages USING fts4(id, topic_id, timestamp, data)'),
        ('messages', 'SELECT 1'),
        # The row says that it is a table; what SQLite makes of it is a view.
        ('messages', f"CREATE VIEW messages AS {VIEW} i AS id, 1 AS topic_id, i AS timestamp, "
                     "'' AS data FROM r; PRAGMA writable_schema = ON; UPDATE sqlite_master SET "
                     "type = 'table', rootpage = 2 WHERE name = 'messages'"),
    ], ids=['view', 'endless view', 'endless topics', 'computed', 'virtual', 'none', 'disguised'])
def test_database_without_the_tables_is_not_a_bag(table, statements, sqlite_bag, problems):
    execute(sqlite_bag, f'ALTER TABLE {table} RENAME TO old; {statements}')
    with pytest.raises(BagError, match=f'is not a file of rosbag2: it has no table {table!r}'):
        read(sqlite_bag, problems)


def test_table_that_leads_back_to_itself_ends(tmp_path, problems):
    """Each page of a tree may name the same page below it again and again."""
    path = tmp_path / 'bag.db3'
    execute(path, f"""
        PRAGMA page_size = 512;
        CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT, type TEXT);
        INSERT INTO topics VALUES (1, '{TOPIC}', '{IMAGE}');
        CREATE TABLE messages (id INTEGER PRIMARY KEY, topic_id, timestamp, data);
        WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 20000)
        INSERT INTO messages SELECT i, 1, i, x'00' FROM r;
    """)
    content = bytearray(path.read_bytes())
    pages = range(0, len(content), 512)
    inner = [page for page in pages if content[page] == 5]
    below = {page: struct.unpack_from('>I', content, page + 8)[0] for page in inner}
    assert max(below.values()) > 1
    for page in inner:
        count, = struct.unpack_from('>H', content, page + 3)
        first, = struct.unpack_from('>H', content, page + 12)
        target = content[page + first:page + first + 4]
        for cell in range(count):
            at, = struct.unpack_from('>H', content, page + 12 + 2 * cell)
            content[page + at:page + at + 4] = target
    path.write_bytes(content)
    read(path, problems)
    assert problems.lost_something


@pytest.mark.parametrize(
    ('name', 'field', 'reason'),
    [
        ('message', b'op', "'op'"), ('message', b'conn', "'conn'"), ('message', b'time', "'time'"),
        ('chunk', b'compression', "'compression'"),
        ('connection', b'conn', "'conn'"), ('connection', b'topic', "'topic'"),
        ('connection', b'type', "'type'"),
    ])
def test_ros1_record_without_a_field_loses_only_its_content(
    name, field, reason, whole, tmp_path
):
    content = bytearray(whole['ros1'].read_bytes())
    start = {'message': b'op=\x02', 'chunk': b'op=\x05', 'connection': b'op=\x07'}[name]
    # The index repeats the connections.
    begin = content.rindex(start) if name == 'connection' else content.index(start)
    if field != b'op':
        begin = content.index(field + b'=', begin - 46)
    content[begin:begin + len(field)] = b'?' * len(field)
    path = tmp_path / 'bag.bag'
    path.write_bytes(content)
    problems = Problems()
    found = read(path, problems)
    assert len(found) >= IMAGES - 2
    assert problems.lost_something
    assert any(reason in problem.first for problem in problems)


def test_message_of_a_channel_that_is_described_nowhere_is_counted(noise, tmp_path, problems):
    entries = entries_of(noise)
    path = write_mcap(tmp_path / 'bag.mcap', entries, use_chunking=False, enable_crcs=False)
    content = bytearray(path.read_bytes())
    at = content.index(entries[4][1]) - 22
    content[at:at + 2] = b'\x63\x00'
    path.write_bytes(content)
    assert len(read(path, problems)) == IMAGES - 1
    assert problems.count(ProblemKind.UNREADABLE_MESSAGE) == 1
    assert 'its channel, 99, has no description' in json.dumps(problems.as_list())


@pytest.mark.parametrize(
    'text',
    [
        '[' * 100_000, '- ' * 100_000, 'a: &a [1]\nrosbag2_bagfile_information: *a',
        'rosbag2_bagfile_information: {relative_file_paths: [bag.mcap], '
        'topics_with_message_count: [{message_count: .inf, topic_metadata: {name: a, type: b}}]}',
        'rosbag2_bagfile_information: {relative_file_paths: [bag.mcap], '
        'topics_with_message_count: [{message_count: 7, topic_metadata: {name: [], type: {}}}]}',
        'rosbag2_bagfile_information: {relative_file_paths: [..], topics_with_message_count: []}',
        'rosbag2_bagfile_information: {relative_file_paths: .inf}',
        'x' * (17 << 20),
    ], ids=['lists', 'items', 'alias', 'infinite', 'no names', 'parent', 'no list', 'huge'])
def test_malicious_metadata_is_reported_and_the_files_are_read(text, grey, problems, tmp_path):
    bag = write_bag(tmp_path / 'bag', image_entries(grey))
    (bag / 'metadata.yaml').write_text(text)
    assert read(bag, problems) == stamps(10)
    assert problems.count(ProblemKind.NO_METADATA) == 1
    assert not problems.lost_something


def test_unreadable_file_does_not_affect_the_others_of_a_split_bag(
    grey, problems, tmp_path
):
    bag = write_bag(tmp_path / 'bag', image_entries(grey))
    (bag / 'metadata.yaml').unlink()
    (bag / 'bag_1.mcap').write_bytes(b'')
    (bag / 'bag_2.db3').write_bytes(b'SQLite format 3\0' + bytes(90))
    (bag / 'bag_3.mcap').mkdir()
    os.mkfifo(bag / 'bag_4.mcap')
    assert read(bag, problems) == stamps(10)
    assert problems.count(ProblemKind.DAMAGED_FILE) == 2


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Iterator[Path]:
    """Return the folder for temporary files, which is empty in the end."""
    folder = tmp_path / 'temporary'
    folder.mkdir()
    monkeypatch.setattr('tempfile.tempdir', str(folder))
    yield folder
    assert not list(folder.iterdir())


@pytest.mark.parametrize('kind', sorted(KINDS))
def test_reading_ends_at_any_place_on_a_stop_request(kind, whole, temporary):
    asked = 0

    def is_stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > allowed

    allowed = 1 << 30
    problems = Problems()
    assert len(list(Bag(whole[kind], problems, is_stopped).messages([TOPIC]))) == IMAGES
    # It asks at least once a message.
    assert asked >= IMAGES
    for allowed in range(asked):
        asked = 0
        with pytest.raises(ReadingStopped):
            list(Bag(whole[kind], problems, is_stopped).messages([TOPIC]))
        assert asked <= allowed + 2
    assert not list(problems)
