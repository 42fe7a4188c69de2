"""Bytes into text: the one place where an encoding is decided, for files, tables and texts alike."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import NamedTuple

from storyscope.errors import CorpusError

__all__ = ["MIXED", "Decoded", "decode", "encoding_of", "mend", "told"]

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = ("cp1252", "mac_roman", "cp850")
MIXED = "mixed"
_ESCAPED = re.compile("[\udc80-\udcff]")
_OTHER_SCRIPT = 0.2
"""Share of bytes over 127 above which a text is not in Latin letters."""

_ACCENTED = "a-zàâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿß"
_IN_PLACE = re.compile(
    rf"(?<=[{_ACCENTED}A-Z])[\u2019àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿß]"  # within a word, or it's
    rf"|[àâäáåæçèéêëìíîïñòóôöøœùúûüÀÂÄÅÆÇÈÉÊÎÖØŒÜ](?=[{_ACCENTED}])"
    r"|(?:(?<=[\s(\[\u2014\u2013\u201c-])|\A)[\u201c\u2018](?=\w)"
    r"|(?<=[\w.,!?\u2026\u2014\u2019-])[\u201d\u2019](?=[\s.,;:!?)\]\u2014\u2013]|\Z)"
    r"|(?<=[\w\s.,!?\u201d])[\u2014\u2013\u2026](?=[\w\s\u201c\u201d\u2019]|\Z)|[\u00a3\u00a7\u00a0\u00b0\u00bd]"
)
"""Characters over 127 where English prose has them."""


class Decoded(NamedTuple):
    """A text and the encoding it was in, as Python names it."""

    text: str
    encoding: str


def decode(raw: bytes) -> Decoded:
    r"""Read bytes as text, whatever encoding they are in.

    A byte order mark decides, then whether the bytes are valid UTF-8. What is neither is taken for
    the Western encoding whose accents, quotation marks and dashes stand where prose has them, or,
    in another script, for what ``charset-normalizer`` finds: by itself it takes the curly
    quotation marks of Windows for letters of a Macintosh.

    Raises
    ------
    CorpusError
        If the bytes are not text in any encoding.

    Examples
    --------
    >>> decode("“It’s true,” she said.".encode("cp1252"))
    Decoded(text='“It’s true,” she said.', encoding='cp1252')
    >>> decode("Café".encode("utf-16")).text
    'Café'
    """
    encoding = encoding_of(raw)
    if encoding == "utf-8":
        text = raw.decode("utf-8", "surrogateescape")
        mended = mend(text)
        return Decoded(mended, encoding if mended == text else MIXED)
    # Some encodings leave a few bytes undefined.
    return Decoded(raw.decode(encoding, "replace"), encoding)


def mend(text: str) -> str:
    r"""Read the bytes of a text that were not UTF-8 and became surrogates by ``surrogateescape``.

    >>> mend("The café was na\udcefve.")
    'The café was naïve.'
    """
    if text.isascii() or not _ESCAPED.search(text):
        return text
    encoding = _western(text.encode("utf-8", "surrogateescape"))
    return _ESCAPED.sub(
        lambda m: bytes([ord(m.group()) - 0xDC00]).decode(encoding, "replace"), text
    )


def encoding_of(raw: bytes, *, whole: bool = True) -> str:
    """Name the encoding of a text by its bytes.

    Parameters
    ----------
    raw : bytes
    whole : bool
        False where `raw` is the beginning of a longer file, which may stop within a character.

    Raises
    ------
    CorpusError
        If the bytes are not text.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    if raw.count(0) * 1000 > len(raw):
        return _wide(raw)
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    text = decoder.decode(raw, final=whole)
    stray = len(_ESCAPED.findall(text))
    return "utf-8" if stray <= sum(ord(char) > 127 for char in text) - stray else _guess(raw)


def told(encoding: str) -> str:
    """Name an encoding as people know it; empty for UTF-8, which needs no word.

    >>> told("cp1252"), told("utf-8-sig")
    ('Windows-1252', '')
    """
    known = {"utf-8": "", "utf-8-sig": "", "cp1252": "Windows-1252", "mac_roman": "Mac Roman"}
    known[MIXED] = "UTF-8 with bytes of another encoding"
    return known.get(encoding, encoding.replace("_", "-").upper())


def _wide(raw: bytes) -> str:
    """UTF-16 without a byte order mark: every second byte of an English text is zero."""
    sample = raw[: 1 << 16]
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half, other = sample[start::2], sample[1 - start :: 2]
        if half.count(0) > 0.8 * len(half) and other.count(0) < 0.01 * len(other) + 1:
            return encoding
    raise CorpusError("this is a binary file, not text")


def _guess(raw: bytes) -> str:
    high = sum(byte > 127 for byte in raw[: 1 << 16]) / min(len(raw), 1 << 16)
    if high < _OTHER_SCRIPT:
        return _western(raw)
    from charset_normalizer import from_bytes

    best = from_bytes(raw[: 1 << 16]).best()
    return best.encoding if best is not None else "cp1252"


def _western(raw: bytes) -> str:
    sample = b"".join(_around(raw))
    return max(_WESTERN, key=lambda encoding: _sense(sample, encoding))


def _around(raw: bytes) -> Iterable[bytes]:
    """The first places with bytes over 127, with what stands around them."""
    for count, match in enumerate(re.finditer(rb".{0,8}[\x80-\xff]+.{0,8}", raw, re.DOTALL)):
        if count == 500:
            return
        yield match.group() + b"\n"


def _sense(raw: bytes, encoding: str) -> float:
    text = raw.decode(encoding, "replace")
    return len(_IN_PLACE.findall(text)) - sum(ord(char) > 127 for char in text)
