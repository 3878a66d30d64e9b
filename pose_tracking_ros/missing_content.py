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

"""Detection of empty files and Git LFS pointers."""

from __future__ import annotations

_LFS_POINTER = b'version https://git-lfs.github.com/spec/'

HEAD_SIZE = len(_LFS_POINTER)
"""Bytes from the beginning of a file that :func:`missing_content` needs."""


def missing_content(head: bytes, kind: str) -> str:
    """
    Return the reason why a file has no content, empty if it has some.

    :param head: the first ``HEAD_SIZE`` bytes of the file, or more
    :param kind: the expected kind of file, with its article
    """
    if not head:
        return 'is empty'
    if head.startswith(_LFS_POINTER):
        return f'is not {kind} (a Git LFS pointer: run git lfs pull)'
    return ''
