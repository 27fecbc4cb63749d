"""What the codes of a posting are called in files: the first word is the one we write, all of them are read."""

from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from longan.floor.search.search import fold

Words: TypeAlias = Mapping[str, tuple[str, ...]]

CONTRACTS: Words = {
    "indefinite": ("Không xác định thời hạn", "Hợp đồng không xác định thời hạn", "Permanent"),
    "fixed_term": ("Xác định thời hạn", "Hợp đồng xác định thời hạn", "Có thời hạn", "Fixed term"),
    "probation": ("Thử việc", "Probation"),
    "apprenticeship": ("Học nghề", "Tập nghề", "Thực tập", "Apprenticeship"),
    "casual": ("Thời vụ", "Công nhật", "Casual"),
}
SHIFTS: Words = {
    "day": ("Ca ngày", "Giờ hành chính", "Hành chính", "Day shift"),
    "night": ("Ca đêm", "Night shift"),
    "two_shifts": ("Hai ca", "2 ca", "Two shifts"),
    "three_shifts": ("Ba ca", "3 ca", "Three shifts"),
    "twelve_hours": ("Ca 12 giờ", "12 giờ", "Ca 12 tiếng", "Twelve hours"),
    "flexible": ("Linh hoạt", "Giờ linh hoạt", "Flexible"),
}
EDUCATION: Words = {
    "none": ("Không yêu cầu", "Không", "No requirements"),
    "primary": ("Tiểu học", "Cấp 1", "Primary school"),
    "lower_secondary": ("Trung học cơ sở", "THCS", "Cấp 2", "Lower secondary school"),
    "upper_secondary": ("Trung học phổ thông", "THPT", "Cấp 3", "High school"),
    "vocational": ("Trung cấp", "Nghề", "Trung cấp nghề", "Professional certificate"),
    "college": ("Cao đẳng", "Associate degree"),
    "university": ("Đại học", "Bachelor degree"),
}
BENEFITS: Words = {
    "meals": ("Cơm ca", "Cơm trưa", "Bữa ăn", "Bao ăn", "Meals"),
    "bus": ("Xe đưa rước", "Xe đưa đón", "Bus"),
    "dormitory": ("Chỗ ở", "Ký túc xá", "Nhà trọ", "Bao ở", "Dormitory"),
    "social_insurance": ("Bảo hiểm xã hội", "BHXH", "Social insurance"),
    "health_insurance": ("Bảo hiểm y tế", "BHYT", "Health insurance"),
    "unemployment_insurance": ("Bảo hiểm thất nghiệp", "BHTN", "Unemployment insurance"),
    "accident_insurance": ("Bảo hiểm tai nạn", "Accident insurance"),
    "uniform": ("Đồng phục", "Uniform"),
    "childcare": ("Nhà trẻ", "Giữ trẻ", "Childcare"),
    "thirteenth_month": ("Lương tháng 13", "Tháng 13", "Thirteenth month"),
}
PERIODS: Words = {
    "hour": ("Giờ", "Hour"),
    "day": ("Ngày", "Day"),
    "week": ("Tuần", "Week"),
    "month": ("Tháng", "Month"),
    "piece": ("Sản phẩm", "Piece"),
}
CURRENCIES: Words = {"VND": ("VND", "VNĐ", "đồng", "đ"), "USD": ("USD", "đô la")}

KINDS: Mapping[str, Words] = {
    "contract": CONTRACTS,
    "shift": SHIFTS,
    "education": EDUCATION,
    "benefits": BENEFITS,
    "period": PERIODS,
    "currency": CURRENCIES,
}


@cache
def codes_of(kind: str) -> Mapping[str, str]:
    """Each word of a vocabulary (a field's name in a draft or its pay), and each code itself, folded, with the code."""
    return {fold(word): code for code, names in KINDS[kind].items() for word in (code, *names)}
