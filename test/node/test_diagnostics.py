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

"""The diagnostics tell who speaks, what runs, and what became of the images."""

from __future__ import annotations

from itertools import pairwise

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import yaml

from pose_tracking_ros.blazepose.models import models_directory
from ros_graph import image_message, values


def test_statuses_are_named_after_the_node_and_come_with_the_time(graph, start_node):
    start_node('-r', '__ns:=/robot')
    arrays = graph.listen(DiagnosticArray, '/diagnostics')
    graph.spin_until(lambda: len(arrays) >= 2)
    for array in arrays:
        names = [status.name for status in array.status]
        assert names[0] == 'robot/pose_tracking: node'
        assert len(set(names)) == len(names)
    stamps = [array.header.stamp.sec + array.header.stamp.nanosec * 1e-9 for array in arrays]
    assert all(later > earlier for earlier, later in pairwise(stamps))


def test_models_are_told_with_what_runs_them_and_their_checksums(graph, node_here):
    status = graph.diagnostics()['node']
    told = values(status)
    models = yaml.safe_load((models_directory() / 'models.yaml').read_text())['models']
    for name in ('pose_detection', 'pose_landmark_full'):
        for file, facts in models[name]['files'].items():
            assert told[f'SHA-256 of {file}'] == facts['sha256']
    assert told['detector model'] == 'pose_detection'
    assert told['landmarks model'] == 'pose_landmark_full'
    assert told['landmarks execution provider'] == 'CPUExecutionProvider'
    assert status.level == DiagnosticStatus.OK


def test_images_are_counted_by_what_became_of_them(graph, node_here, astronaut):
    graph.answer_to(image_message(astronaut, second=1))
    wrong = image_message(astronaut, second=2)
    wrong.encoding = '32FC1'
    for count in ('1', '2'):
        graph.camera.publish(wrong)
        statuses = graph.diagnostics_until(
            lambda s, count=count: values(s['images'])['rejected'] == count
        )
    images, tracking = values(statuses['images']), values(statuses['tracking'])
    assert images['rejected: encoding'] == '2'
    assert "encoding '32FC1' cannot be turned into colours" in statuses['images'].message
    assert int(tracking['with a person']) >= 1
    assert int(tracking['detector runs']) >= 1
    dealt_with = sum(int(tracking[name]) for name in ('processed', 'dropped', 'failed'))
    assert int(images['received']) == dealt_with + 2


def test_an_idle_node_says_what_state_it_is_in(graph, make_node):
    make_node(autostart=False)
    assert graph.diagnostics()['node'].message == 'not configured'
    assert graph.transition('configure')
    assert graph.diagnostics()['node'].message == 'inactive on CPUExecutionProvider'
    assert set(graph.diagnostics()) == {'node'}
