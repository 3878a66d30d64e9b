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
Make untrusted text of recordings, file names and URLs safe to print and to write.

It may hold control characters of a terminal, line breaks, a formula for a spreadsheet, or a
secret.
"""

from __future__ import annotations

import os
import re
from typing import TextIO

HIDDEN = '***'
"""Replaces a secret."""

# A secret of S3 may hold a slash, a password anything.
_USER = re.compile(r'(?<=://)(?:[^\s@]*:\S*|[^\s/@]+)@')
_URL_WITH_QUERY = re.compile(r'(\w://[^\s?]*\?)(\S+)')
_QUERY_VALUE = re.compile(r'=[^&\s\'")]+')


def without_credentials(text: str) -> str:
    """
    Return a text without the secrets of the URLs in it.

    Secrets are the user, as in ``s3://key:secret@bucket``, and the values of a query, as in
    ``https://host/file?token=secret``.
    """
    if '://' not in text:
        return text
    text = _USER.sub(f'{HIDDEN}@', text)
    return _URL_WITH_QUERY.sub(
        lambda found: found[1] + _QUERY_VALUE.sub(f'={HIDDEN}', found[2]), text
    )


def printable(text: str) -> str:
    r"""Return a text as one line without secrets, control characters as ``\n``, ``\x1b``..."""
    return ''.join(
        char if char.isprintable() else char.encode('unicode_escape').decode()
        for char in without_credentials(text)
    )


def line_for(stream: TextIO, text: str) -> str:
    """Return a text as one line, characters that a stream cannot encode escaped."""
    encoding = getattr(stream, 'encoding', None) or 'utf-8'
    return printable(text).encode(encoding, 'backslashreplace').decode(encoding)


def print_line(text: str, stream: TextIO) -> None:
    """Write a text as one line, unless the reader of a pipe has ended, as in ``| head``."""
    try:
        stream.write(f'{line_for(stream, text)}\n')
        stream.flush()
    except BrokenPipeError:
        # Otherwise the rest in the buffer fails again at the end of the process.
        with open(os.devnull, 'w') as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def unicode_path(path: str) -> str:
    r"""Return a path as valid UTF-8 text, other bytes escaped as ``\xff``."""
    try:
        content = path.encode('utf-8', 'surrogateescape')
    except UnicodeEncodeError:  # surrogates that are not escaped bytes
        content = path.encode('utf-8', 'backslashreplace')
    return content.decode('utf-8', 'backslashreplace')
