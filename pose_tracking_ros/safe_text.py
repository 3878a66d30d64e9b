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

"""
Texts out of recordings, file names and URLs, made safe for where they go.

What is in them was chosen by others: it may hold what moves the cursor of a terminal, begins
another line of a log, is a formula for a spreadsheet, or is a secret.
"""

from __future__ import annotations

import re
from typing import TextIO

HIDDEN = '***'
"""Stands where a secret was."""

# A secret of S3 may hold a slash, a password anything.
_USER = re.compile(r'(?<=://)(?:[^\s@]*:\S*|[^\s/@]+)@')
_URL_WITH_QUERY = re.compile(r'(\w://[^\s?]*\?)(\S+)')
_QUERY_VALUE = re.compile(r'=[^&\s\'")]+')


def without_credentials(text: str) -> str:
    """
    Return a text without the secrets of the URLs in it.

    That are the user in front of a host, as in ``s3://key:secret@bucket``, and the values of a
    query, as in ``https://host/file?token=secret``.
    """
    if '://' not in text:
        return text
    text = _USER.sub(f'{HIDDEN}@', text)
    return _URL_WITH_QUERY.sub(
        lambda found: found[1] + _QUERY_VALUE.sub(f'={HIDDEN}', found[2]), text
    )


def printable(text: str) -> str:
    r"""Return a text as one line that can be shown: ``\n``, ``\x1b``, ``\u202e``, no secret."""
    return ''.join(
        char if char.isprintable() else char.encode('unicode_escape').decode()
        for char in without_credentials(text)
    )


def line_for(stream: TextIO, text: str) -> str:
    """Return a text as one line, with what a stream cannot encode as its code."""
    encoding = getattr(stream, 'encoding', None) or 'utf-8'
    return printable(text).encode(encoding, 'backslashreplace').decode(encoding)


def print_line(text: str, stream: TextIO) -> None:
    """Write a text as one line."""
    stream.write(f'{line_for(stream, text)}\n')
    stream.flush()


def unicode_path(path: str) -> str:
    r"""Return a path as text that any file takes: bytes that are no UTF-8 as ``\xff``."""
    try:
        content = path.encode('utf-8', 'surrogateescape')
    except UnicodeEncodeError:  # halves of characters that stand for no byte
        content = path.encode('utf-8', 'backslashreplace')
    return content.decode('utf-8', 'backslashreplace')
