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

"""How far a process of the demo has come, in a file that the others read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_status(path: str | Path, **values: Any) -> None:
    """
    Replace the status at once, so that a reader never sees half of it.

    :param path: the file; nothing is written when it is empty
    :param values: what to tell, of types that JSON knows
    """
    if not path:
        return
    new = Path(f'{path}.new')
    new.write_text(json.dumps(values), encoding='utf-8')
    os.replace(new, path)


def read_status(path: str | Path) -> dict[str, Any]:
    """Return the status, empty as long as there is none."""
    try:
        return json.loads(Path(path).read_text(encoding='utf-8'))
    except FileNotFoundError:
        return {}
