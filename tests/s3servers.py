# SPDX-License-Identifier: MIT
"""A real S3 server on the loopback (moto), with one bucket.

``with S3Server({"a/b.tif": content}) as server: ...``: the file is at ``s3://{server.bucket}/a/b.tif`` for who takes
``server.credentials``, the text of credentials in the form of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

__all__ = ["KEY", "SECRET", "S3Server"]

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"


class S3Server:
    """A server with a bucket of files; buckets of one name are one bucket in one process.

    Parameters
    ----------
    files : mapping of str to bytes
        What is in the bucket, by key.
    bucket : str
        Its name.
    public : bool
        Whether everybody may read it.
    """

    def __init__(self, files: Mapping[str, bytes], bucket: str = "eo-data", *, public: bool = False) -> None:
        self.bucket = bucket
        self._rights = "public-read" if public else "private"
        self._files = files
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._client: Any = None
        self.url = ""

    def __enter__(self) -> S3Server:
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self._client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
        self._client.create_bucket(Bucket=self.bucket, ACL=self._rights)
        for key, content in self._files.items():
            self.put(key, content)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for each in self._client.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            self.remove(each["Key"])
        self._client.delete_bucket(Bucket=self.bucket)
        self._client.close()
        self._server.stop()

    @property
    def credentials(self) -> str:
        """How to get in, as the text of credentials."""
        return json.dumps({"key": KEY, "secret": SECRET, "endpoint_url": self.url})

    def put(self, key: str, content: bytes) -> None:
        """Write a file."""
        self._client.put_object(Bucket=self.bucket, Key=key, Body=content, ACL=self._rights)

    def remove(self, key: str) -> None:
        """Remove a file."""
        self._client.delete_object(Bucket=self.bucket, Key=key)
