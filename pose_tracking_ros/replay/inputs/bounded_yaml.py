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

"""Untrusted YAML of recordings, with bounded memory and time."""

from __future__ import annotations

from typing import Any

import yaml

_MAX_CHARACTERS = 16 << 20
"""Length of a text; the metadata of a bag with 10,000 files and 1,000 topics takes 2 MB."""

_MAX_DEPTH = 20
"""Maximum nesting; the metadata of a bag has six levels."""

_LOADER = getattr(yaml, 'CBaseLoader', yaml.BaseLoader)
"""Loads every value as text: numbers and merge keys can cost far more than their length."""


class YamlError(ValueError):
    """A text is not valid YAML, or exceeds the limits."""


def load_texts(text: str) -> Any:
    """
    Return the content of a text as lists and dictionaries of texts.

    :raises YamlError: if it is not valid YAML, exceeds a limit, or has aliases
    """
    if len(text) > _MAX_CHARACTERS:
        raise YamlError(f'it has {len(text)} characters, more than {_MAX_CHARACTERS}')
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise YamlError('it has aliases, which no recorder writes')
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise YamlError(f'it is deeper than {_MAX_DEPTH} levels')
        return yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise YamlError(' '.join(str(error).split())) from error
    except (ValueError, TypeError) as error:  # as for keys that are lists
        raise YamlError(str(error)) from error
