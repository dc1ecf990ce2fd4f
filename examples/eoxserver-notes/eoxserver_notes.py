"""Reads notes beside scenes: an INI file with a section ``scene``."""

import configparser

from eoxserver import hookimpl
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.util.timetools import parse_iso8601
from eoxserver.resources.coverages.metadata.base import EOMetadata, read_bytes


class NotesReader:
    key = "notes"
    suffixes = (".notes",)

    def can_read(self, path):
        return path.endswith(".notes")

    def read(self, path):
        parser = configparser.ConfigParser()
        try:
            parser.read_string(read_bytes(path).decode())
            scene = dict(parser["scene"])
            begin = parse_iso8601(scene.pop("begin"))
            end = parse_iso8601(scene.pop("end"))
        except (configparser.Error, KeyError, ValueError) as error:
            raise DataUnavailable(f"{path}: {error}", locator=path) from error
        return EOMetadata(begin_time=begin, end_time=end, title=scene.pop("title", ""), extra=scene)


@hookimpl
def eoxs_metadata_readers():
    return [NotesReader]
