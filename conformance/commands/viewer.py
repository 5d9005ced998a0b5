"""`viewer [NAME or URL]`: open studies of a run in the real OHIF, in a headless browser, and look at its pictures.

    dicomweb-conformance viewer pacs
    dicomweb-conformance viewer https://pacs.example/dicom-web --browser /opt/chrome/chrome

It is the part of `run --viewer` that is about viewers: it stores the sample study and one of each kind of images, opens
each as a person does (slides in dicom-microscopy-viewer), compares each pixel with its stored value, removes what it
stored, and leaves reports. It needs the extra `viewer` (pip install 'dicomweb-conformance[viewer]'), Chromium or
Chrome, and npm, which downloads the viewers once.

exit codes: 0 everything is shown, 1 something is not, 2 interrupted, 3 internal error, 4 usage or configuration,
            5 nothing ran (the preflight stopped it), 6 incomplete
"""

from __future__ import annotations

import argparse

from conformance.harness.run.options import PACKAGE


def add_options(parser: argparse.ArgumentParser) -> None:
    """The endpoint, and what `run` has for the viewer."""
    parser.add_argument("target", nargs="?", metavar="NAME|URL", help="default: the embedded reference server")
    parser.add_argument("--endpoints", metavar="FILE", help="the configuration (default: endpoints.toml)")
    parser.add_argument("--ohif", metavar="DIR", help="the built files of OHIF (default: npm downloads them once)")
    parser.add_argument("--browser", metavar="PATH", help="Chromium or Chrome (default: found on the PATH)")
    parser.add_argument("--reports", metavar="DIR", help="where runs are written (default: reports)")
    parser.add_argument("-k", metavar="WORDS", help="only checks with these words in their name, such as a kind")


def main(options: argparse.Namespace) -> int:
    """The exit code of the run."""
    from conformance.commands import run

    words = ["--viewer", "--strict", str(PACKAGE / "ohif")]
    words = ["--endpoint", options.target, *words] if options.target else words
    for name in ("endpoints", "ohif", "browser", "reports"):
        if value := getattr(options, name):
            words += [f"--{name}", value]
    return run.main([*words, *(["-k", options.k] if options.k else [])])
