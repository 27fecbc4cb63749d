"""Titles of real postings without the companies, people and numbers that some of them name."""

import re

from longan import search

from .files import line

# A folded word of this form can be Vietnamese; of the others only those below may stand in a title, because what
# remains is nearly always a brand or an internal code.
SYLLABLE = re.compile(
    "(?:b|c|ch|d|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|p|ph|qu|r|s|t|th|tr|v|x)?"
    "(?:a|e|i|o|u|y|ai|ao|au|ay|eo|eu|ia|ie|ieu|iu|oa|oai|oao|oay|oe|oeo|oi|oo|ua|uai|uay|ue|ui|uo|uoi|uou|uu|uy|uya"
    "|uye|uyu|ye|yeu)(?:c|ch|m|n|ng|nh|p|t)?"
)
FOREIGN = frozenset(
    """
    account accountant accounting acquisition admin agency analyst and aqua assembly assistant assurance audit auditor
    automation automotive b b2b battery blender board bread bus buyer c cad cal canteen cashew casual chemical chief
    chinese city civil clerk color continuous content contract contractor control coordinator credit customer cutting
    data dashboard decision design designer developer document driver edit electrical electrician engineer engineering
    english erp executive export fanpage finance finishing food footwear fresher from fulltime furniture garment
    general generalist golf helpdesk hospital hotel ielts import improvement industrial intern interior internal
    international inventory junior kaizen lab laser lazer lead leader line logistics maintenance management manager
    manufacturing market marketing mass meat meats mechanical merchandise merchandiser mixing mold month months officer
    online operator optimization packaging packing partime parttime pattern planner planning plywood process processed
    processing product production project purchasing qa qae qaqc qc qms qs quality rd receptionist representative
    research researcher resin robot room safety sale sales sample seaweed senior setup sewing showroom shuttle sourcing
    south speaking specialist staff supervisor supplier supply support supporter swine system talent team technical
    technician telesale telesales temp textile textiles tiktok tooling trainee trainer translator up upto utility uv
    video warehouse welder white wood worker working
    bds bhtn bhxh bhyt bvtv c1 c2 c3 cn cncc cnc cntt cp cs cskh ctv cv cvc dh dn ec etc fc fmcg ga gd gt h hanoi hc
    hcm hcns hd hn hr hrbp hse ie iso it kcn kcs kd kdc khcn khdn kho ktv kv kt la ldpt led lt mt ns nv nvkd ohs otc pc
    pccc ph plc pr px qa qhkh r s she smt sme sx t tig tmdt tn tp tphcm tr tt tttm ttsx tv vlxd vp vs wc xd xnk
    2d 3d 5s b1 b2 a1 a2 d bakery bev bgd campuchia cold commercialize dimension digital eb ex f heat htkt im indonesia months
    npi offset oiler oto park provided pt retort service services sup ub wh
    """.split()
)
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
