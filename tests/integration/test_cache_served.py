# SPDX-License-Identifier: MIT
"""A server of several processes with remote data: one transfer, told by its metrics and its command."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.backends.cache.originals import age
from tests.backends.rasters import pattern, write
from tests.fileservers import FileServer, Manners
from tests.servers import eoxserver, serving

pytestmark = pytest.mark.integration

CLIENTS = 12
COVERAGE = "service=WCS&version=2.0.1&request=GetCoverage&coverageId=far&format=image/tiff"


def metrics(url: str) -> dict[str, float]:
    """The numbers of the cache."""
    text = requests.get(f"{url.removesuffix('/ows')}/-/metrics", timeout=60).text
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {name.removeprefix("eoxserver_cache_"): value for name, _, value, *_ in samples if "_cache_" in name}


def test_workers_share_one_transfer_and_count_it(tmp_path: Path) -> None:
    """The server of the file has no ranges, so that the file cannot be read in place."""
    file = Path(write(tmp_path / "far.tif", pattern((3, 300, 600))))
    content = file.read_bytes()
    instance = tmp_path / "instance"
    eoxserver("create_instance", "tests", instance)
    with FileServer({"far.tif": content}, Manners(ranges=False)) as server:
        eoxserver("register", "--instance", instance, f"{server.url}/far.tif")
        copies = json.loads(eoxserver("cache", "show", "--instance", instance, "--json"))["entries"]
        for copy in copies:
            age(instance / "cache", copy["key"], 5000)
        eoxserver("cache", "clear", "--instance", instance)
        server.forget()
        server.manners.pace = 0.005
        with serving(instance, workers=2) as url:

            def ask(_: int) -> bytes:
                answer = requests.get(f"{url}?{COVERAGE}", timeout=60)
                assert answer.status_code == 200, answer.text
                return answer.content

            with ThreadPoolExecutor(CLIENTS) as pool:
                answers = set(pool.map(ask, range(CLIENTS)))
            found = metrics(url)
        whole = [asked for asked in server.requests("far.tif", "GET") if asked.sent >= len(content)]
        assert len(whole) == 1
        assert (found["misses_total"], found["fetched_bytes_total"], found["evictions_total"]) == (1, len(content), 0)
        assert found["hits_total"] >= CLIENTS - 1
        assert found["bytes"] == len(content) and found["max_bytes"] == 10 * 2**30
    with rasterio.open(file) as original, rasterio.MemoryFile(answers.pop()) as memory, memory.open() as answer:
        np.testing.assert_array_equal(answer.read(), original.read())
    (copy,) = json.loads(eoxserver("cache", "show", "--instance", instance, "--json"))["entries"]
    assert Path(copy["path"]).read_bytes() == content and "/far.tif" in copy["key"].replace(" -> ", "/")
    assert "whole: 1, " in eoxserver("cache", "verify", "--instance", instance)


def test_copies_may_be_cleared_while_they_are_served(tmp_path: Path) -> None:
    file = Path(write(tmp_path / "far.tif", pattern((3, 300, 600))))
    instance = tmp_path / "instance"
    eoxserver("create_instance", "tests", instance)
    with FileServer({"far.tif": file.read_bytes()}, Manners(ranges=False)) as server:
        eoxserver("register", "--instance", instance, f"{server.url}/far.tif")
        with serving(instance, workers=2) as url:
            before = requests.get(f"{url}?{COVERAGE}", timeout=60)
            assert before.status_code == 200, before.text
            for entry in json.loads(eoxserver("cache", "show", "--instance", instance, "--json"))["entries"]:
                age(instance / "cache", entry["key"], 5000)
            said = eoxserver("cache", "clear", "--instance", instance)
            assert said.startswith("removed: 1, kept: 0"), said
            again = requests.get(f"{url}?{COVERAGE}&scaleFactor=0.5", timeout=60)
            shutil.rmtree(instance / "cache" / "copies")
            last = requests.get(f"{url}?{COVERAGE}", timeout=60)
    assert last.status_code == 200 and last.content == before.content
    assert again.status_code == 200, again.text
    assert "Traceback" not in (instance / "logs" / "test-server.log").read_text()
