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
Keep the memory of images in use, and give back that of models.

glibc gives large blocks back to the kernel as soon as they are free, and the kernel clears every
page of them when it hands them out again: for an image of 1920x1080 pixels on its way through the
middleware, that takes four times as long as everything else.

It also has many heaps, eight for each core, so that threads do not wait for each other, and what
is free in one is of no use to another: with threads that come and go, as with a lifecycle, images
end up in all of them, and the process grows until they have. Two heaps are as fast here.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc

# The names and numbers of malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

# Blocks up to this size come from the heap. It is the most that glibc accepts, and enough for an
# image of 3840x2160 pixels.
_LARGEST_BLOCK = 32 * 2**20

_MAX_HEAPS = 2

# What may be free at the end of a heap before it is given back.
_MAX_FREE = 128 * 2**20


def keep_freed_memory() -> bool:
    """
    Let this process keep the memory that it has freed, up to 128 MiB in each of two heaps.

    Heaps that it has already, since more threads are at work, remain.

    :return: whether the C library can do that; it does nothing otherwise
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
    """Give the memory of what was let go back to the system: after things that are not renewed."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # Not glibc.
        ctypes.CDLL(None).malloc_trim(0)
