"""Words that officials write for everybody: plain text, which leads nowhere but to us.

Phones make a link of whatever looks like one, with a scheme or without, so what looks like an address is one.
"""

import re
import unicodedata
from urllib.parse import urlsplit

MARKUP = re.compile(
    r"<(?:[/?]?[a-z]|!)|&(?:#[0-9]+|#x[0-9a-f]+|[a-z]{2,8});|\]\s*[(\[]|\*\*|__|~~|`|^\s*(?:#{1,6}|>)\s",
    re.IGNORECASE | re.MULTILINE,
)

# The endings that senders of false messages like most, and those of this country; any other one counts with a path.
_ENDINGS = (
    "vn|com|net|org|info|biz|edu|gov|int|io|co|me|us|cn|ru|asia|mobi|tv|xyz|top|site|online|shop|store|app|dev|link|"
    "click|live|club|vip|win|icu|cc|tk|ml|ga|cf|gq|pw|ws|to|ly|gl|gd|gg|page|web|wiki|cloud|space|website|tech|pro|"
    "life|world|today|news|fun|bid|loan|work|xn--[a-z0-9-]+"
)
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
# U+3002 stands for the dot of a name as well (UTS 46).
FOREIGN = re.compile(
    r":\s*[/\\]\s*[/\\]|\bwww[0-9]*[.。]|\b(?:mailto|javascript|data|intent|market|file|zalo|tg):\S"
    rf"|\w[.。](?:{_ENDINGS})(?!\w)|(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w.])"
    r"|\w[.。](?-i:[a-z]{2,24})/\w",
    re.IGNORECASE,
)


def origin(public_url: str) -> str:
    """Where a text may lead: our own https address, `""` for nowhere."""
    address = urlsplit(public_url)
    return f"https://{address.netloc}" if address.scheme == "https" else ""


def fault(text: str, own: str) -> str | None:
    """What is wrong with a text, as a code of `errors.MESSAGES`; None when it may be sent. `own` is from `origin`."""
    plain = unicodedata.normalize("NFKC", text)
    if MARKUP.search(plain):
        return "markup"
    if own:
        # Ours ends where its host ends: neither a longer name nor a port nor a user before another host.
        ours = re.escape(own) + r"(?:[/?#][\w/.~%?=&#+-]*|(?=\s|$|[.,;:!?)\"'”]+(?:\s|$)))"
        plain = re.sub(rf"(?<![^\s(\"'“]){ours}", " ", plain)
    return "foreign_link" if FOREIGN.search(plain) else None
