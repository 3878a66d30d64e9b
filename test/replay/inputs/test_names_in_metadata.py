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

"""A bag is what lies in its folder, whatever files its metadata names."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st
import yaml

from pose_tracking_ros.replay.inputs.bag import Bag
from pose_tracking_ros.replay.problems import Problems
from replay.recordings import image_entries, TOPIC, write_bag

PARTS = st.sampled_from(['..', '.', '', 'bag', 'outside', 'bag.mcap', 'secret.mcap', '/'])


@given(names=st.lists(st.lists(PARTS, min_size=1, max_size=4).map('/'.join), max_size=3))
def test_files_outside_the_folder_are_not_read(grey, names):
    with TemporaryDirectory() as name:
        inside = write_bag(Path(name) / 'bag', image_entries(grey[:1]))
        outside = write_bag(Path(name) / 'outside', image_entries(grey[:3], '/secret'))
        next(outside.glob('*.mcap')).rename(outside / 'secret.mcap')
        metadata = yaml.safe_load((inside / 'metadata.yaml').read_text())
        absolute = [str(outside / 'secret.mcap'), '../outside/secret.mcap']
        metadata['rosbag2_bagfile_information']['relative_file_paths'] = [*names, *absolute]
        (inside / 'metadata.yaml').write_text(yaml.safe_dump(metadata))
        bag = Bag(inside, Problems())
        assert {file.parent for file in bag.files} == {inside}
        assert len(list(bag.messages([TOPIC, '/secret']))) == 1
