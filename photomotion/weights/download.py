"""One file over HTTP, in as many attempts as it takes.

``Range`` and ``If-Range`` are those of RFC 9110 (2022), sections 14.2 and 13.1.5.
"""

from __future__ import annotations

import math
import re
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from photomotion import __version__
from photomotion.plugin import Event

from .manifest import check_url, format_size
from .part import CHUNK, Cut, Part, Refused

__all__ = ["download"]

ATTEMPTS = 5
"""How often in a row a source may cut the connection with next to nothing gained."""
GAIN = 1 << 20
TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as cut."""
LONGEST_PAUSE = 60.0
PASSING = {408, 425, 429, 500, 502, 503, 504}
"""What servers answer that may be different in a moment."""


class _Redirects(HTTPRedirectHandler):
    """Follows a redirect only to where a manifest might lead too, and never from elsewhere to this machine."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        target = urljoin(req.full_url, newurl)
        try:
            check_url(target)
        except ValueError as error:
            fp.close()
            raise Refused(f"redirects to where nothing is fetched from: {error}") from error
        if urlsplit(req.full_url).scheme != urlsplit(target).scheme == "http":
            fp.close()
            raise Refused(f"redirects to this machine, {target}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(
    part: Part,
    url: str,
    *,
    on_event: Callable[[Event], None],
    timeout: float = TIMEOUT,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Fill an open part from one address and give it its name; return its sha256.

    Args:
        part: what may hold a beginning already.
        url: where the file is.
        on_event: is told of every piece, and with a notice of every cut.
        timeout: seconds without a byte that count as a cut.
        sleep: waits between attempts, 1, 2, 4 ... seconds.

    Raises:
        Refused: if this address does not give that file.
        WeightsError: if the disk does not take it.
    """
    host = urlsplit(url).netloc
    failures = 0
    while True:
        before = part.size
        try:
            _attempt(part, url, host, on_event, timeout)
            return part.finish()
        except Cut as cut:
            failures = 1 if part.size - before >= GAIN else failures + 1
            if failures >= ATTEMPTS:
                raise Refused(str(cut)) from cut
            pause = min(max(2.0 ** (failures - 1), cut.pause), LONGEST_PAUSE)
            have = f"{format_size(part.size)} of {format_size(part.entry.bytes)} are here"
            message = f"{host}: {cut}; {have}, trying again in {pause:g} s"
            on_event(Event(stage="weights", message=message, notice=True))
            sleep(pause)


def _attempt(part: Part, url: str, host: str, on_event: Callable[[Event], None], timeout: float) -> None:
    """Ask once, and take what comes."""
    entry = part.entry
    headers = {"User-Agent": f"photomotion/{__version__}"}
    validator = part.validator_of(url) if part.size else None
    if part.size == entry.bytes and validator is not None:
        return
    if validator is None:
        offset = 0
    else:
        offset = part.size
        headers |= {"Range": f"bytes={offset}-"} | ({"If-Range": validator} if validator else {})
    try:
        with build_opener(_Redirects).open(Request(url, headers=headers), timeout=timeout) as response:
            _check_answer(part, url, response, offset)
            while chunk := response.read1(CHUNK):
                part.write(chunk)
                _tell(part, host, on_event)
    except HTTPError as error:
        error.close()
        if error.code == 416:
            part.restart(url)
        if error.code == 416 or error.code in PASSING:
            raise Cut(f"answers {error.code} {error.reason}", _seconds(error.headers.get("Retry-After"))) from error
        raise Refused(f"answers {error.code} {error.reason}") from error
    except (HTTPException, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise Refused(f"cannot be trusted: {reason.verify_message}") from error
        if isinstance(reason, TimeoutError):
            raise Cut(f"nothing came for {timeout:g} s") from error
        raise Cut(f"the connection failed ({reason or type(reason).__name__})") from error
    if part.size < entry.bytes:
        raise Cut("the connection was cut")


def _check_answer(part: Part, url: str, response: Any, offset: int) -> None:
    """See that an answer is the wanted file, from the beginning or from where the part ends."""
    length = response.headers.get("Content-Length")
    total = int(length) if length and length.isdecimal() else None
    begins = 0
    if response.status == 206:
        said = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if not said or int(said[1]) != offset:
            part.restart(url)
            raise Cut("sends another piece than was asked for")
        begins = offset
        part.resumed = begins > 0
        total = int(said[2]) if said[2] != "*" else None
    elif response.status != 200:
        raise Refused(f"answers {response.status} {response.reason}")
    if total is not None and total != part.entry.bytes:
        raise Refused(f"has a file of {total} bytes there, not {part.entry.bytes}")
    if begins == 0:
        tag = response.headers.get("ETag", "")
        strong = "" if tag.startswith("W/") else tag
        part.restart(url, strong or response.headers.get("Last-Modified", ""))


def _tell(part: Part, host: str, on_event: Callable[[Event], None]) -> None:
    done, total = part.size // 10**6, math.ceil(part.entry.bytes / 10**6)
    on_event(Event(stage="weights", done=done, total=total, message=f"MB from {host}"))


def _seconds(retry_after: str | None) -> float:
    """A ``Retry-After`` in seconds; a date counts as none."""
    return float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
