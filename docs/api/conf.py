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

"""Sphinx: the page of the Python interface, made of the docstrings (``make docs``)."""

from pathlib import Path
from xml.etree import ElementTree

_MANIFEST = ElementTree.parse(Path(__file__).parents[2] / 'package.xml').getroot()

project = _MANIFEST.findtext('name')
author = _MANIFEST.findtext('author')
release = version = _MANIFEST.findtext('version')

extensions = ['sphinx.ext.autodoc']
autodoc_default_options = {'members': True, 'member-order': 'bysource'}
autodoc_typehints = 'description'
autodoc_typehints_description_target = 'documented_params'
autodoc_preserve_defaults = True

# A reference that leads nowhere is a warning; what is documented elsewhere has no place here.
nitpicky = True
nitpick_ignore_regex = [
    ('py:.*', r'(np|numpy|collections|pathlib|typing)\..*|Path'),
    ('py:class', r'pose_tracking_ros\.blazepose\.inference\.Model'),
    ('py:data', '[A-Z_]+'),
]

html_theme = 'alabaster'
html_theme_options = {'page_width': '60rem', 'sidebar_width': '15rem'}
html_show_sphinx = False
