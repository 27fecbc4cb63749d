"""Titles of real postings without the companies, people and numbers that some of them name."""

import re

from longan.floor.search import search

from .files import line, read_words

# A folded word of this form can be Vietnamese; of the others only those of foreign.txt may stand in a title, because
# what remains is nearly always a brand or an internal code.
SYLLABLE = re.compile(
    "(?:b|c|ch|d|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|p|ph|qu|r|s|t|th|tr|v|x)?"
    "(?:a|e|i|o|u|y|ai|ao|au|ay|eo|eu|ia|ie|ieu|iu|oa|oai|oao|oay|oe|oeo|oi|oo|ua|uai|uay|ue|ui|uo|uoi|uou|uu|uy|uya"
    "|uye|uyu|ye|yeu)(?:c|ch|m|n|ng|nh|p|t)?"
)
FOREIGN = frozenset(read_words("foreign.txt"))
AMOUNT = re.compile(r"\d+(?:tr|m|k|h|d|t|s)?")
COMPANY = re.compile(r"\b(?:cong ty|tap doan|nhan hang|thuong hieu|ngan hang [a-z]|chi nhanh cong ty)\b")
CODE = re.compile(r"^\d{4,}\s*-\s*|\s*\(?\bCNLT\.?\d+\)?")
CONTACT = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|(?:\+84|\b0)(?:[ .-]?\d){9}\b", re.IGNORECASE)
PICTURE = re.compile("[\U00002600-\U000027bf\U0001f000-\U0001faff\ufe0f]")
BRACKET = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*")
DASH = re.compile(r"\s+[-–|]\s*|\s*[–|]\s+")
LAST_PHRASE = re.compile(r"(?:\s+[-–|]|,)\s(?:(?!\s[-–|]\s|,\s).)*$|\s\S*$")
SHORTEST = 6


def names_a_company(text: str) -> bool:
    folded = search.fold(text)
    return bool(COMPANY.search(folded)) or not all(
        SYLLABLE.fullmatch(word) or word in FOREIGN or AMOUNT.fullmatch(word) for word in folded.split()
    )


def clean_title(title: str, unwanted: re.Pattern[str] | None = None) -> str | None:
    """`title` without the parts that name a company or match `unwanted` (over marked text).

    None when that part is the job itself.
    """

    def bad(text: str) -> bool:
        return names_a_company(text) or bool(unwanted and unwanted.search(search.mark(text)))

    title = line(PICTURE.sub(" ", CONTACT.sub(" ", CODE.sub("", title))))
    if title.endswith(("...", "…")):  # the crawl cut it in the middle of a phrase
        title = LAST_PHRASE.sub("", title)
    if bad(title):
        title = line(BRACKET.sub(lambda group: " " if bad(group[0]) else group[0], title)).strip(" -–|,/")
    if bad(title):
        parts = DASH.split(title)
        if bad(parts[0]):
            return None
        title = " - ".join(part for part in parts if not bad(part))
    title = title.strip(" -–|,/")
    return title if len(title) >= SHORTEST else None
