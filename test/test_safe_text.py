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

"""Texts that others chose: they stay in their line, and reveal no secret."""

from __future__ import annotations

from io import BytesIO, StringIO, TextIOWrapper
import os

from hypothesis import given
from hypothesis import strategies as st
import pytest

from pose_tracking_ros.safe_text import (
    line_for,
    print_line,
    printable,
    unicode_path,
    without_credentials,
)


@given(text=st.text(st.characters()))
def test_any_text_becomes_one_line_without_control_characters(text):
    line = printable(text)
    assert line.isprintable()
    assert len(f'{line}\nnext'.splitlines()) == 2
    assert printable(line) == line


@pytest.mark.parametrize(
    ('text', 'expected'),
    [('/camera \u00e4\u4e2d\U0001f600', '/camera \u00e4\u4e2d\U0001f600'),
     ('a\nb\r\tc', r'a\nb\r\tc'), ('\x1b[31m\x07', r'\x1b[31m\x07'),
     ('\u202e\u2028\x9b', r'\u202e\u2028\x9b'), ('a\udcff', r'a\udcff')])
def test_what_moves_the_cursor_or_the_text_is_shown_as_its_code(text, expected):
    assert printable(text) == expected


@given(text=st.text(st.characters()), encoding=st.sampled_from(['ascii', 'latin-1', 'utf-8']))
def test_every_stream_takes_the_line(text, encoding):
    stream = TextIOWrapper(BytesIO(), encoding, newline='\n')
    print_line(text, stream)
    assert stream.buffer.getvalue().count(b'\n') == 1


def test_lines_for_a_reader_that_has_ended_are_dropped():
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, 'w') as stream:
        for number in range(3):
            print_line(f'line {number}', stream)


def test_line_of_a_stream_without_encoding():
    assert line_for(StringIO(), '\u4e2d\n') == '\u4e2d\\n'


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('s3://key:secret@bucket/a.mcap', 's3://***@bucket/a.mcap'),
        ('s3://key:se/c+ret@bucket/a.mcap is not there', 's3://***@bucket/a.mcap is not there'),
        ('https://user:p@ss@host/a', 'https://***@host/a'),
        ('https://token@host/a', 'https://***@host/a'),
        ('see https://host/a?sig=abc&X-Amz-Credential=d%2Fe, or s3://bucket/b',
         'see https://host/a?sig=***&X-Amz-Credential=*** or s3://bucket/b'),
        ('s3://bucket/a@b.mcap', 's3://bucket/a@b.mcap'),
        ('s3://bucket/what?.mcap', 's3://bucket/what?.mcap'),
        ('tcp://10.0.0.1:8786', 'tcp://10.0.0.1:8786'),
        ('a@b: no URL', 'a@b: no URL'),
    ])
def test_credentials_of_urls_are_hidden_and_nothing_else(text, expected):
    assert without_credentials(text) == expected
    assert printable(text) == expected


def test_path_that_is_no_utf8_can_be_written_everywhere():
    assert unicode_path('a/\udcff\u00e4') == 'a/\\xff\u00e4'
    unicode_path('a/\udcff').encode()
    assert unicode_path('half \ud800') == 'half \\ud800'
