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
Keep freed memory of images for reuse, and return that of models to the system.

glibc returns large blocks to the kernel as soon as they are freed, and the kernel clears every
page when it hands them out again: for an image of 1920x1080 pixels in the middleware, that takes
four times as long as everything else.

glibc also has many heaps, eight per core, to avoid lock contention, and free memory of one heap is
not used by another. As a lifecycle starts and ends threads, images end up in all heaps and the
process grows. Two heaps are as fast here.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc

# The names and numbers of malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

# Blocks up to this size come from the heap: the maximum of glibc, enough for 3840x2160 pixels.
_LARGEST_BLOCK = 32 * 2**20

_MAX_HEAPS = 2

# Maximum free memory at the end of a heap before it is returned.
_MAX_FREE = 128 * 2**20


def keep_freed_memory() -> bool:
    """
    Let this process keep freed memory, up to 128 MiB in each of two heaps.

    Heaps that already exist remain.

    :return: False, without effect, if the C library is not glibc
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # Not glibc.
        return False
    return all(
        (
            mallopt(_M_MMAP_THRESHOLD, _LARGEST_BLOCK),
            mallopt(_M_TRIM_THRESHOLD, _MAX_FREE),
            mallopt(_M_ARENA_MAX, _MAX_HEAPS),
        )
    )


def return_freed_memory() -> None:
    """Return freed memory to the system, after objects that will not be created again."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # Not glibc.
        ctypes.CDLL(None).malloc_trim(0)
