"""Invented employers: a stable name and a tax code with a right check digit for each real one."""

import re
from collections.abc import Iterable

from longan.floor.search import search

from .files import Value, read_words
from .places import NEW_VERSION
from .stable import draw, pick, uuid7

# Real stems begin with the number of a tax office; these begin with one that is easily told from them.
INVENTED_STEM = "99"
WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
REGISTERED_MS = 1_735_664_400_000  # 2025-01-01 in Việt Nam

FORMS = ("Công ty TNHH", "Công ty TNHH", "Công ty TNHH", "Công ty Cổ phần", "Công ty Cổ phần", "Công ty TNHH MTV")
TRADES = (
    (r"\bmay\b|garment|sewing|\brập\b|merchandis|\bvải\b", ("May mặc", "Dệt may")),
    (r"giày da|ngành giày|footwear", ("Giày da",)),
    (r"thực phẩm|chế biến|\bbếp\b|food|thủy sản", ("Thực phẩm", "Chế biến Nông sản")),
    (r"\bgỗ\b|nội thất|furniture", ("Chế biến Gỗ", "Nội thất")),
    (r"cơ khí|\bhàn\b|cnc|\bphay\b|\btiện\b|\bthép\b", ("Cơ khí", "Kết cấu Thép")),
    (r"\bnhựa\b|bao bì|packag", ("Bao bì", "Nhựa Kỹ thuật")),
    (r"điện tử|smt|bo mạch", ("Linh kiện Điện tử",)),
    (r"ngân hàng|tín dụng|khách hàng cá nhân|bảo hiểm|giao dịch viên|thu hồi nợ", ("Dịch vụ Tài chính",)),
    (r"giáo viên|giảng viên", ("Giáo dục",)),
    (r"xây dựng|công trình|\bthợ (?:điện|nước|sơn)\b|chỉ huy trưởng", ("Xây dựng",)),
    (r"trang trại|chăn nuôi|trại (?:heo|gà)|nông nghiệp|phân bón|swine", ("Nông nghiệp", "Chăn nuôi")),
    (r"cửa hàng|thu ngân|phục vụ|siêu thị|bán hàng", ("Thương mại", "Dịch vụ")),
    (r"bảo vệ|tạp vụ|vệ sinh|lao công", ("Dịch vụ Vệ sinh", "Dịch vụ")),
    (r"\bkho\b|tài xế|lái xe|giao hàng|logistic|bốc xếp|xe nâng", ("Kho vận", "Vận tải")),
)
OTHER_TRADES = ("Sản xuất", "Sản xuất Thương mại", "Thương mại Dịch vụ", "Công nghiệp")

THINGS = read_words("things.txt")
QUALITIES = read_words("qualities.txt")

Employer = dict[str, Value]


def tax_code(stem: str) -> str | None:
    """`stem` of 9 digits with its check digit, 10 - (weighted sum mod 11); None where that is no digit."""
    remainder = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, stem, strict=True)) % 11
    return None if remainder == 0 else stem + str(10 - remainder)


class Employers:
    """Gives out employers; asked twice for the same key it answers the same one."""

    def __init__(self, real_names: Iterable[str]) -> None:
        self._real = "\n".join(search.fold(name) for name in real_names)
        self._known: dict[str, Employer] = {}
        self._names: set[str] = set()
        self._codes: set[str] = set()

    def invented_for(self, key: str, titles: Iterable[str], ward_code: str) -> Employer:
        """The employer that stands for the real one `key`; `titles` of its postings decide the trade in its name."""
        if key not in self._known:
            name = f"{pick(f'form {key}', FORMS)} {self._trade(key, titles)} {self._proper_name(key)}"
            self._known[key] = self._employer(key, name, ward_code, "verified")
        return self._known[key]

    def named(self, name: str, ward_code: str, status: str) -> Employer:
        """An employer whose invented name is written by hand."""
        if name not in self._known:
            self._known[name] = self._employer(name, name, ward_code, status)
        return self._known[name]

    def all(self) -> list[Employer]:
        return sorted(self._known.values(), key=lambda employer: str(employer["tax_code"]))

    def _employer(self, key: str, name: str, ward_code: str, status: str) -> Employer:
        code = self._free_code(key)
        return {
            "id": str(uuid7(REGISTERED_MS + draw(f"registered {key}", 200 * 86_400_000), f"employer {key}")),
            "tax_code": code,
            "name": name,
            "ward_version": NEW_VERSION,
            "ward_code": ward_code,
            "status": status,
        }

    def _free_code(self, key: str) -> str:
        number = draw(f"tax code {key}", 10**7)
        while (code := tax_code(f"{INVENTED_STEM}{number:07d}")) is None or code in self._codes:
            number = (number + 1) % 10**7
        self._codes.add(code)
        return code

    @staticmethod
    def _trade(key: str, titles: Iterable[str]) -> str:
        marked = " ; ".join(search.mark(title) for title in titles)
        trades = next((names for pattern, names in TRADES if re.search(pattern, marked)), OTHER_TRADES)
        return pick(f"trade {key}", trades)

    def _proper_name(self, key: str) -> str:
        number = draw(f"name {key}", len(THINGS) * len(QUALITIES))
        while True:
            thing, quality = divmod(number, len(QUALITIES))
            name = f"{THINGS[thing]} {QUALITIES[quality]}"
            if name not in self._names and search.fold(name) not in self._real:
                self._names.add(name)
                return name
            number = (number + 1) % (len(THINGS) * len(QUALITIES))
