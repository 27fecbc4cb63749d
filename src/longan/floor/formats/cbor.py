"""The CBOR that an authenticator may send, told from the CBOR that is an attack, before any library reads it."""

MAX_DEPTH = 8


def end(data: bytes, at: int, depth: int = 0) -> int:
    """Where the value at `at` ends. Raises `ValueError` or `IndexError` for what CTAP2 section 8 does not allow: tags,
    indefinite lengths, depth.

    Tags are why this is looked at first: shared values (28, 29) turn a hundred bytes into gigabytes as soon as somebody
    prints them, and py_webauthn's errors do; others make cbor2 compile expressions and raise numbers to powers.
    """
    major, length = data[at] >> 5, data[at] & 31
    at += 1
    if depth > MAX_DEPTH or major == 6 or length > 27:
        raise ValueError("not the CBOR of an authenticator")
    if length > 23:
        width = 1 << (length - 24)
        if at + width > len(data):
            raise IndexError("cut off")
        length, at = int.from_bytes(data[at : at + width]), at + width
    if major in (2, 3):
        at += length
    elif major in (4, 5):
        for _ in range(length * (major - 3)):
            at = end(data, at, depth + 1)
    if at > len(data):
        raise IndexError("cut off")
    return at
