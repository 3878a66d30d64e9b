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

"""The status of a process of the demo, in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_status(path: str | Path, **values: Any) -> None:
    """
    Replace the status atomically.

    :param path: the file; if empty, nothing is written
    :param values: the status, of JSON types
    """
    if not path:
        return
    new = Path(f'{path}.new')
    new.write_text(json.dumps(values), encoding='utf-8')
    os.replace(new, path)


def read_status(path: str | Path) -> dict[str, Any]:
    """Return the status, empty before there is one."""
    try:
        return json.loads(Path(path).read_text(encoding='utf-8'))
    except FileNotFoundError:
        return {}
