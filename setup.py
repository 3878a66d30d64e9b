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
Package the part that needs no ROS: the tracker, ``pose-video``, ``pose-bag`` and ``pose-classes``.

The ROS 2 package is built by CMakeLists.txt; colcon does not read this file.
"""

from pathlib import Path
from xml.etree import ElementTree

from setuptools import find_packages, setup

MANIFEST = ElementTree.parse(Path(__file__).with_name('package.xml')).getroot()

setup(
    name=MANIFEST.findtext('name'),
    version=MANIFEST.findtext('version'),
    description='MediaPipe Pose (BlazePose) on ONNX Runtime',
    author=MANIFEST.findtext('author'),
    author_email=MANIFEST.find('author').get('email'),
    license=MANIFEST.findtext('license'),
    url=MANIFEST.findtext("url[@type='website']"),
    # Where it is tested: parts of it lock files as POSIX does.
    classifiers=[
        'License :: OSI Approved :: Apache Software License',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
    ],
    python_requires='>=3.10',
    install_requires=[
        'av',
        "backports.zstd; python_version < '3.14'",
        'Jinja2',
        'lz4',
        'mcap',
        'numpy',
        "onnxruntime-gpu; platform_machine == 'x86_64'",
        "onnxruntime; platform_machine != 'x86_64'",
        'opencv-python-headless<5',
        'plotly',
        'pyarrow',
        'PyYAML',
        'rosbags',
        'tqdm',
    ],
    extras_require={
        'cloud': ['s3fs', 'universal_pathlib'],
        'dask': ['distributed'],
        'rerun': ['rerun-sdk'],
    },
    packages=[
        *find_packages(
            include=['pose_tracking_ros*'],
            exclude=['pose_tracking_ros.demo*', 'pose_tracking_ros.node*']),
        'pose_tracking_ros.message_definitions',
        'pose_tracking_ros.models',
    ],
    package_dir={
        'pose_tracking_ros.message_definitions': 'msg',
        'pose_tracking_ros.models': 'models',
    },
    package_data={
        'pose_tracking_ros': ['py.typed'],
        'pose_tracking_ros.message_definitions': ['*.msg'],
        'pose_tracking_ros.models': ['*.csv', '*.onnx', '*.weights', '*.yaml'],
        'pose_tracking_ros.replay.report': ['*.css', '*.html', '*.js'],
    },
    entry_points={
        'console_scripts': [
            'pose-bag = pose_tracking_ros.command_line.programs:pose_bag',
            'pose-classes = pose_tracking_ros.command_line.programs:pose_classes',
            'pose-video = pose_tracking_ros.command_line.programs:pose_video',
        ],
    },
)
